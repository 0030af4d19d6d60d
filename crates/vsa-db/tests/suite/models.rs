//! Every model is its table, as the migrations build it: same columns, of the same types, null where
//! the table allows null, not shown where the table's comment says personal data. Compared by the
//! models' source, for types alone cannot tell that a column which is never null was declared an
//! `Option`.

use anyhow::{Context, ensure};
use sqlx::PgPool;
use time::macros::{datetime, time};
use vsa_db::enums::{CallOutcome, CampaignStatus, ContactLanguage, ContactState, EmailStatus};
use vsa_db::ids::{CallAttemptId, ContactId};
use vsa_db::models::{
    CallAttempt, Campaign, Contact, EmailNotification, Event, SurveyResponse, TranscriptSnippet,
};

/// A model of the library.
struct Model {
    table: &'static str,
    name: &'static str,
    source: &'static str,
}

mod generated;
use generated::MODELS;

/// A column as the catalog has it.
#[derive(sqlx::FromRow)]
struct Column {
    name: String,
    sql_type: String,
    is_enum: bool,
    not_null: bool,
    is_personal: bool,
    /// The table whose id the column holds: its own, or that of its foreign key.
    id_of: Option<String>,
}

impl Column {
    /// The field a model must have for this column.
    fn field(&self) -> anyhow::Result<(String, String)> {
        let rust_type = match (self.sql_type.as_str(), &self.id_of) {
            ("uuid", Some(table)) => {
                let mut models = MODELS.iter();
                let model = models
                    .find(|model| model.table == table)
                    .context("a table without a model")?;
                format!("{}Id", model.name)
            }
            ("uuid", None) => "Uuid".to_owned(),
            ("text", _) => "String".to_owned(),
            ("text[]", _) => "Vec<String>".to_owned(),
            ("smallint", _) => "i16".to_owned(),
            ("integer", _) => "i32".to_owned(),
            ("bigint", _) => "i64".to_owned(),
            ("double precision", _) => "f64".to_owned(),
            ("boolean", _) => "bool".to_owned(),
            ("jsonb", _) => "Value".to_owned(),
            ("bytea", _) => "Vec<u8>".to_owned(),
            ("date", _) => "Date".to_owned(),
            ("interval", _) => "PgInterval".to_owned(),
            ("time without time zone", _) => "Time".to_owned(),
            ("timestamp with time zone", _) => "OffsetDateTime".to_owned(),
            (name, _) if name.starts_with("numeric(") => "Decimal".to_owned(),
            (name, _) if self.is_enum => upper_camel(name),
            (other, _) => anyhow::bail!("no Rust type is known for {other}"),
        };
        let rust_type = if self.not_null {
            rust_type
        } else {
            format!("Option<{rust_type}>")
        };
        Ok((self.name.clone(), rust_type))
    }
}

fn upper_camel(snake: &str) -> String {
    snake
        .split('_')
        .flat_map(|word| {
            word[..1]
                .chars()
                .map(|first| first.to_ascii_uppercase())
                .chain(word[1..].chars())
        })
        .collect()
}

/// The fields of the one struct in a model's source: name and type.
fn fields(source: &str) -> Vec<(String, String)> {
    source
        .lines()
        .filter_map(|line| {
            line.strip_prefix("    pub ")?
                .strip_suffix(',')?
                .split_once(": ")
        })
        .map(|(name, rust_type)| {
            (
                name.trim_start_matches("r#").to_owned(),
                rust_type.to_owned(),
            )
        })
        .collect()
}

/// The fields that `Debug` of a model leaves out.
fn redacted(source: &str) -> Vec<&str> {
    let list = source
        .split_once("redacted:")
        .and_then(|(_, rest)| rest.split_once(';'))
        .map_or("", |(list, _)| list);
    list.split(',')
        .map(|name| name.trim().trim_start_matches("r#"))
        .filter(|name| !name.is_empty())
        .collect()
}

async fn columns(pool: &PgPool, table: &str) -> Result<Vec<Column>, sqlx::Error> {
    sqlx::query_as(
        "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS sql_type,
            typtype = 'e' AS is_enum, attnotnull AS not_null,
            coalesce(col_description(attrelid, attnum) LIKE '%Personal data.', false) AS is_personal,
            (
                SELECT CASE contype WHEN 'p' THEN conrelid ELSE confrelid END::regclass::text
                FROM pg_constraint
                WHERE conrelid = attrelid AND conkey = ARRAY[attnum] AND contype IN ('p', 'f')
                ORDER BY contype
                LIMIT 1
            ) AS id_of
        FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
        ORDER BY attname",
    )
    .bind(table)
    .fetch_all(pool)
    .await
}

#[test]
fn every_table_has_a_model() {
    test_db::run(async |db| {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT relname::text FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                AND relname NOT LIKE 'schema\\_migration%'
            ORDER BY relname",
        )
        .fetch_all(db.pool())
        .await?;
        let mut ours: Vec<_> = MODELS.iter().map(|model| model.table).collect();
        ours.sort_unstable();
        assert_eq!(ours, tables);
        Ok(())
    });
}

#[test]
fn fields_are_the_columns() {
    test_db::run(async |db| {
        for Model {
            table,
            name,
            source,
        } in MODELS
        {
            ensure!(
                source.contains(&format!("pub struct {name} {{")),
                "{name} is elsewhere"
            );
            // A column that a later migration added stands last in the table, wherever the model has it.
            let mut fields = fields(source);
            fields.sort();
            let mut expected = Vec::new();
            for column in columns(db.pool(), table).await? {
                expected.push(column.field()?);
            }
            expected.sort();
            assert_eq!(fields, expected, "{name} against {table}");
        }
        Ok(())
    });
}

#[test]
fn debug_leaves_out_what_the_comments_call_personal_data() {
    test_db::run(async |db| {
        for model in MODELS {
            let columns = columns(db.pool(), model.table).await?;
            let personal: Vec<_> = columns
                .iter()
                .filter(|column| column.is_personal)
                .map(|column| column.name.as_str())
                .collect();
            let mut redacted = redacted(model.source);
            redacted.sort_unstable();
            assert_eq!(redacted, personal, "{}", model.name);
        }
        Ok(())
    });
}

#[test]
fn a_row_of_defaults_reads_as_the_domain_states_them() {
    test_db::run(async |db| {
        insert_rows(db.pool()).await?;
        let campaign: Campaign = one(db.pool(), "campaigns").await?;
        assert_eq!(campaign.status, CampaignStatus::Draft);
        assert_eq!(
            (campaign.max_attempts, campaign.retry_interval_minutes),
            (3, 60)
        );
        assert_eq!(campaign.allowed_call_start_local, time!(09:00));
        assert_eq!(campaign.allowed_call_end_local, time!(20:00));
        assert_eq!(campaign.time_zone, "Europe/Rome");

        let contact: Contact = one(db.pool(), "contacts").await?;
        assert_eq!(contact.state, ContactState::Pending);
        assert_eq!(contact.preferred_language, ContactLanguage::Auto);
        assert_eq!((contact.attempts_count, contact.next_attempt_at), (0, None));
        assert!(!contact.has_prior_consent && !contact.do_not_call);

        let attempt: CallAttempt = one(db.pool(), "call_attempts").await?;
        assert_eq!((attempt.outcome, attempt.consent_given), (None, None));
        assert_eq!(attempt.metadata, serde_json::json!({}));

        let response: SurveyResponse = one(db.pool(), "survey_responses").await?;
        assert_eq!((response.q1_answer, response.q1_confidence), (None, None));
        let event: Event = one(db.pool(), "events").await?;
        assert_eq!(event.call_attempt_id, None);
        let mail: EmailNotification = one(db.pool(), "email_notifications").await?;
        assert_eq!(
            (mail.status, mail.attempts_count),
            (EmailStatus::Pending, 0)
        );
        let snippet: TranscriptSnippet = one(db.pool(), "transcript_snippets").await?;
        assert_eq!(snippet.transcript_text, "Yes.");
        Ok(())
    });
}

#[test]
fn what_is_written_through_typed_values_is_read_back() {
    test_db::run(async |db| {
        insert_rows(db.pool()).await?;
        let started = datetime!(2026-03-01 10:00:00.123456 UTC);
        let contact: ContactId = sqlx::query_scalar(
            "UPDATE contacts SET last_outcome = $1, last_attempt_at = $2, time_zone = 'Asia/Tokyo'
            RETURNING id",
        )
        .bind(CallOutcome::Busy)
        .bind(started)
        .fetch_one(db.pool())
        .await?;
        let attempt: CallAttemptId = sqlx::query_scalar(
            "UPDATE call_attempts SET started_at = $1, metadata = $2, consent_given = false,
                consent_recorded_at = $1 WHERE contact_id = $3 RETURNING id",
        )
        .bind(started)
        .bind(serde_json::json!({ "tries": 2 }))
        .bind(contact)
        .fetch_one(db.pool())
        .await?;
        let read: Contact = one(db.pool(), "contacts").await?;
        assert_eq!(
            (read.id, read.last_outcome),
            (contact, Some(CallOutcome::Busy))
        );
        assert_eq!(
            (read.last_attempt_at, read.time_zone.as_deref()),
            (Some(started), Some("Asia/Tokyo"))
        );
        let read: CallAttempt = one(db.pool(), "call_attempts").await?;
        assert_eq!(
            (read.id, read.started_at, read.consent_given),
            (attempt, started, Some(false))
        );
        assert_eq!(read.metadata["tries"], 2);
        Ok(())
    });
}

async fn one<T>(pool: &PgPool, table: &str) -> Result<T, sqlx::Error>
where
    T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
{
    let sql = format!("SELECT * FROM {table}");
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .fetch_one(pool)
        .await
}

/// One row in every table that hangs on a campaign, with nothing stated that has a default.
async fn insert_rows(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(include_str!("one_row_each.sql"))
        .execute(pool)
        .await?;
    Ok(())
}
