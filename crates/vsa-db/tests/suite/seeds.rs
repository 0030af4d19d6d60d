//! Seeding: the rows the domain asks for, once, and never at the expense of a person's edits.

use std::collections::BTreeMap;

use anyhow::ensure;
use sqlx::{AssertSqlSafe, PgConnection};
use test_db::TestDb;
use vsa_db::enums::{CampaignStatus, ContactLanguage, ContactState, LanguageCode};
use vsa_db::models::{Campaign, Contact, EmailTemplate, ExclusionEntry, ProviderConfig, User};
use vsa_db::seed::{self, SeedReport};

/// Rows of a table as text, in order of their ids: equal if nothing changed.
async fn dump(conn: &mut PgConnection) -> Result<BTreeMap<&'static str, Vec<String>>, sqlx::Error> {
    let mut rows = BTreeMap::new();
    for table in [
        "users",
        "provider_configs",
        "email_templates",
        "exclusion_list_entries",
        "campaigns",
        "contacts",
    ] {
        let sql = format!("SELECT t::text || t.xmin || t.ctid FROM {table} AS t ORDER BY id");
        rows.insert(
            table,
            sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_all(&mut *conn)
                .await?,
        );
    }
    Ok(rows)
}

fn inserted(report: &SeedReport) -> Vec<(&str, u64)> {
    report
        .tables
        .iter()
        .map(|seeded| (seeded.table.as_str(), seeded.inserted))
        .collect()
}

#[test]
fn reference_puts_in_ten_rows_and_a_second_run_none() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let first = seed::reference(&mut conn).await?;
        assert_eq!(
            inserted(&first),
            [
                ("users", 1),
                ("provider_configs", 1),
                ("email_templates", 6),
                ("exclusion_list_entries", 2)
            ]
        );
        assert_eq!(first.inserted(), 10);
        let before = dump(&mut conn).await?;
        assert_eq!(seed::reference(&mut conn).await?.inserted(), 0);
        assert_eq!(dump(&mut conn).await?, before);
        Ok(())
    });
}

#[test]
fn demo_makes_nineteen_rows_of_any_start_and_a_second_run_none() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        seed::reference(&mut conn).await?;
        let added = seed::demo(&mut conn).await?;
        assert_eq!(added.inserted(), 9);
        assert_eq!(
            inserted(&added),
            [
                ("users", 2),
                ("provider_configs", 0),
                ("email_templates", 0),
                ("exclusion_list_entries", 1),
                ("campaigns", 1),
                ("contacts", 5),
            ]
        );
        let before = dump(&mut conn).await?;
        let rows: Vec<_> = before
            .iter()
            .map(|(table, rows)| (*table, rows.len()))
            .collect();
        assert_eq!(
            rows,
            [
                ("campaigns", 1),
                ("contacts", 5),
                ("email_templates", 6),
                ("exclusion_list_entries", 3),
                ("provider_configs", 1),
                ("users", 3),
            ]
        );
        assert_eq!(seed::demo(&mut conn).await?.inserted(), 0);
        assert_eq!(dump(&mut conn).await?, before);
        Ok(())
    });
}

#[test]
fn demo_alone_brings_the_reference_rows_along() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        assert_eq!(seed::demo(&mut conn).await?.inserted(), 19);
        Ok(())
    });
}

#[test]
fn what_a_person_edited_survives_natural_keys_included() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        seed::demo(&mut conn).await?;
        sqlx::raw_sql(
            "UPDATE users SET email = 'new-' || email, oidc_sub = 'real-' || oidc_sub, role = 'viewer';
            UPDATE email_templates SET name = 'Our ' || name, subject = 'Ciao';
            UPDATE provider_configs SET max_concurrent_calls = 50;
            UPDATE exclusion_list_entries SET phone_number = phone_number || '9';
            UPDATE campaigns SET name = 'Renamed', status = 'running', email_refused_template_id = NULL;
            UPDATE contacts SET phone_number = phone_number || '9', external_contact_id = NULL",
        )
        .execute(&mut *conn)
        .await?;
        let edited = dump(&mut conn).await?;
        assert_eq!(seed::demo(&mut conn).await?.inserted(), 0);
        assert_eq!(dump(&mut conn).await?, edited);
        Ok(())
    });
}

#[test]
fn rows_a_person_made_before_are_used_instead_of_the_seeded_ones() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        sqlx::raw_sql(
            "INSERT INTO users (oidc_sub, email, name) VALUES ('sub-7', 'Manager@VSA.example', 'The real Maria');
            INSERT INTO email_templates (name, type, locale, subject, body_html)
            VALUES ('Survey refused', 'refused', 'en', 'Mine', 'Mine');
            INSERT INTO exclusion_list_entries (phone_number) VALUES ('+33199000005')",
        )
        .execute(&mut *conn)
        .await?;
        assert_eq!(seed::demo(&mut conn).await?.inserted(), 16);
        let (owner, refused): (String, String) = sqlx::query_as(
            "SELECT u.name, t.subject FROM campaigns c
            JOIN users u ON u.id = c.created_by_user_id
            JOIN email_templates t ON t.id = c.email_refused_template_id",
        )
        .fetch_one(&mut *conn)
        .await?;
        assert_eq!(
            (owner.as_str(), refused.as_str()),
            ("The real Maria", "Mine")
        );
        Ok(())
    });
}

#[test]
fn two_at_once_put_every_row_in_once() {
    test_db::run(async |db| {
        let (mut first, mut second) = (db.pool().acquire().await?, db.pool().acquire().await?);
        let (first, second) = tokio::join!(seed::demo(&mut first), seed::demo(&mut second));
        assert_eq!(first?.inserted() + second?.inserted(), 19);
        Ok(())
    });
}

#[test]
fn seeding_that_fails_leaves_nothing_behind() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        sqlx::raw_sql(
            "ALTER TABLE contacts ADD CONSTRAINT contacts_email_check CHECK (email IS NOT NULL)",
        )
        .execute(&mut *conn)
        .await?;
        let error = seed::demo(&mut conn).await.unwrap_err();
        let constraint = error
            .as_database_error()
            .and_then(|error| error.constraint());
        assert_eq!(constraint, Some("contacts_email_check"));
        for (table, rows) in dump(&mut conn).await? {
            assert!(rows.is_empty(), "{table} kept {} rows", rows.len());
        }
        Ok(())
    });
}

#[test]
fn templates_come_in_both_languages_with_the_variables_that_are_documented() {
    const VARIABLES: [&str; 4] = [
        "campaign_name",
        "completed_at",
        "attempts_count",
        "reply_to",
    ];
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        seed::reference(&mut conn).await?;
        let templates: Vec<EmailTemplate> =
            sqlx::query_as("SELECT * FROM email_templates ORDER BY type, locale")
                .fetch_all(&mut *conn)
                .await?;
        for pair in templates.chunks(2) {
            assert_eq!(
                (&pair[0].name, pair[0].r#type),
                (&pair[1].name, pair[1].r#type)
            );
            assert_eq!(
                (pair[0].locale, pair[1].locale),
                (LanguageCode::En, LanguageCode::It)
            );
            assert_eq!(variables(&pair[0].body_html), variables(&pair[1].body_html));
        }
        for template in &templates {
            let text = template.body_text.as_deref().unwrap_or_default();
            assert_eq!(
                variables(text),
                variables(&template.body_html),
                "{}",
                template.name
            );
            for name in variables(text)
                .into_iter()
                .chain(variables(&template.subject))
            {
                ensure!(VARIABLES.contains(&name), "{} uses {name}", template.name);
            }
        }
        Ok(())
    });
}

/// The variables of a text, in order of first use.
fn variables(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for name in text
        .split("{{")
        .skip(1)
        .filter_map(|rest| rest.split("}}").next())
    {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[test]
fn the_demo_campaign_could_be_activated_and_calls_nobody_excluded() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        seed::demo(&mut conn).await?;
        let users: Vec<User> = sqlx::query_as("SELECT * FROM users")
            .fetch_all(&mut *conn)
            .await?;
        assert_eq!(users.len(), 3);
        let _: ProviderConfig = sqlx::query_as("SELECT * FROM provider_configs")
            .fetch_one(&mut *conn)
            .await?;
        let campaign: Campaign = sqlx::query_as("SELECT * FROM campaigns")
            .fetch_one(&mut *conn)
            .await?;
        assert_eq!(campaign.status, CampaignStatus::Draft);
        for text in [
            &campaign.question_1_text,
            &campaign.question_2_text,
            &campaign.question_3_text,
        ] {
            assert!(text.ends_with('?'), "{text}");
        }
        assert!(campaign.email_completed_template_id.is_some());
        assert!(campaign.email_refused_template_id.is_some());
        assert!(campaign.email_not_reached_template_id.is_some());

        let contacts: Vec<Contact> = sqlx::query_as("SELECT * FROM contacts")
            .fetch_all(&mut *conn)
            .await?;
        let excluded: Vec<ExclusionEntry> = sqlx::query_as("SELECT * FROM exclusion_list_entries")
            .fetch_all(&mut *conn)
            .await?;
        for language in ContactLanguage::ALL {
            assert!(
                contacts
                    .iter()
                    .any(|contact| contact.preferred_language == *language)
            );
        }
        for contact in &contacts {
            let listed = excluded
                .iter()
                .any(|entry| Some(&entry.phone_number) == contact.phone_number.as_ref());
            assert_eq!(contact.state == ContactState::Excluded, listed);
            assert_eq!(contact.do_not_call, listed);
            assert_eq!(contact.next_attempt_at.is_none(), listed);
        }
        assert!(contacts.iter().any(|contact| contact.do_not_call));
        assert_zones_are_known(db).await
    });
}

async fn assert_zones_are_known(db: &TestDb) -> anyhow::Result<()> {
    let unknown: Vec<String> = sqlx::query_scalar(
        "SELECT time_zone FROM (SELECT time_zone FROM campaigns UNION SELECT time_zone FROM contacts) AS used
        WHERE time_zone NOT IN (SELECT name FROM pg_timezone_names)",
    )
    .fetch_all(db.pool())
    .await?;
    ensure!(unknown.is_empty(), "the server does not know {unknown:?}");
    Ok(())
}
