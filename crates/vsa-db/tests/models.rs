//! Every model is its table: same columns, in the same order, of the same types, null where
//! the table allows null. Compared by the models' source, for types alone cannot tell that a
//! column which is never null was declared an `Option`.

use anyhow::{Context, ensure};
use sqlx::PgPool;
use time::macros::{datetime, time};
use vsa_db::enums::{CallOutcome, CampaignStatus, ContactLanguage, ContactState, EmailStatus};
use vsa_db::ids::{CallAttemptId, ContactId};
use vsa_db::models::{
    CallAttempt, Campaign, Contact, EmailNotification, Event, SurveyResponse, TranscriptSnippet,
};

/// Table, model, source of the model.
const MODELS: &[(&str, &str, &str)] = &[
    ("users", "User", include_str!("../src/models/user.rs")),
    (
        "email_templates",
        "EmailTemplate",
        include_str!("../src/models/email_template.rs"),
    ),
    (
        "campaigns",
        "Campaign",
        include_str!("../src/models/campaign.rs"),
    ),
    (
        "contacts",
        "Contact",
        include_str!("../src/models/contact.rs"),
    ),
    (
        "exclusion_list_entries",
        "ExclusionEntry",
        include_str!("../src/models/exclusion_entry.rs"),
    ),
    (
        "call_attempts",
        "CallAttempt",
        include_str!("../src/models/call_attempt.rs"),
    ),
    (
        "survey_responses",
        "SurveyResponse",
        include_str!("../src/models/survey_response.rs"),
    ),
    ("events", "Event", include_str!("../src/models/event.rs")),
    (
        "email_notifications",
        "EmailNotification",
        include_str!("../src/models/email_notification.rs"),
    ),
    (
        "provider_configs",
        "ProviderConfig",
        include_str!("../src/models/provider_config.rs"),
    ),
    (
        "transcript_snippets",
        "TranscriptSnippet",
        include_str!("../src/models/transcript_snippet.rs"),
    ),
];

/// A column as the catalog has it.
#[derive(sqlx::FromRow)]
struct Column {
    name: String,
    sql_type: String,
    is_enum: bool,
    not_null: bool,
    /// The table whose id the column holds: its own, or that of its foreign key.
    id_of: Option<String>,
}

impl Column {
    /// The field a model must have for this column.
    fn field(&self) -> anyhow::Result<(String, String)> {
        let rust_type = match (self.sql_type.as_str(), &self.id_of) {
            ("uuid", Some(table)) => {
                let (_, model, _) = MODELS
                    .iter()
                    .find(|(name, ..)| name == table)
                    .context("a table without a model")?;
                format!("{model}Id")
            }
            ("text", _) => "String".to_owned(),
            ("integer", _) => "i32".to_owned(),
            ("boolean", _) => "bool".to_owned(),
            ("jsonb", _) => "Value".to_owned(),
            ("numeric(3,2)", _) => "Decimal".to_owned(),
            ("time without time zone", _) => "Time".to_owned(),
            ("timestamp with time zone", _) => "OffsetDateTime".to_owned(),
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

async fn columns(pool: &PgPool, table: &str) -> Result<Vec<Column>, sqlx::Error> {
    sqlx::query_as(
        "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS sql_type,
            typtype = 'e' AS is_enum, attnotnull AS not_null,
            (
                SELECT CASE contype WHEN 'p' THEN conrelid ELSE confrelid END::regclass::text
                FROM pg_constraint
                WHERE conrelid = attrelid AND conkey = ARRAY[attnum] AND contype IN ('p', 'f')
            ) AS id_of
        FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
        ORDER BY attnum",
    )
    .bind(table)
    .fetch_all(pool)
    .await
}

#[test]
fn fields_are_the_columns() {
    test_db::run(async |db| {
        for (table, model, source) in MODELS {
            ensure!(
                source.contains(&format!("pub struct {model} {{")),
                "{model} is elsewhere"
            );
            let columns = columns(db.pool(), table).await?;
            let expected: Vec<_> = columns
                .iter()
                .map(Column::field)
                .collect::<Result<_, _>>()?;
            assert_eq!(fields(source), expected, "{model} against {table}");
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
