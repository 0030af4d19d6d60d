//! Constraints and indexes.

use anyhow::ensure;

use super::{Change, all_are_told, apply, told};

const CONSTRAINTS: &[Change] = &[
    (
        "ALTER TABLE campaigns ADD CONSTRAINT named CHECK (name <> '')",
        &[("constraint named on campaigns", "breaking")],
    ),
    (
        "ALTER TABLE contacts DROP CONSTRAINT contacts_phone_number_check",
        &[(
            "constraint contacts_phone_number_check on contacts",
            "not in the live database",
        )],
    ),
    (
        "ALTER TABLE campaigns DROP CONSTRAINT campaigns_max_attempts_check, \
             ADD CONSTRAINT campaigns_max_attempts_check CHECK (max_attempts BETWEEN 1 AND 10)",
        &[(
            "constraint campaigns_max_attempts_check on campaigns",
            "max_attempts <= 10",
        )],
    ),
    (
        "ALTER TABLE contacts DROP CONSTRAINT contacts_attempts_count_check, \
             ADD CONSTRAINT contacts_attempts_count_check CHECK (attempts_count >= 0) NOT VALID",
        &[(
            "constraint contacts_attempts_count_check on contacts",
            "validated differs",
        )],
    ),
    (
        "ALTER TABLE call_attempts RENAME CONSTRAINT call_attempts_consent_check TO agreed",
        &[
            (
                "constraint call_attempts_consent_check on call_attempts",
                "not in the live database",
            ),
            (
                "constraint agreed on call_attempts",
                "not in the migrations",
            ),
        ],
    ),
    (
        "COMMENT ON CONSTRAINT campaigns_call_window_check ON campaigns IS 'Whatever.'",
        &[(
            "constraint campaigns_call_window_check on campaigns",
            "Whatever.",
        )],
    ),
    (
        "ALTER TABLE events DROP CONSTRAINT events_contact_id_fkey, ADD CONSTRAINT events_contact_id_fkey \
             FOREIGN KEY (contact_id) REFERENCES contacts (id) ON DELETE RESTRICT",
        &[(
            "constraint events_contact_id_fkey on events",
            "ON DELETE RESTRICT",
        )],
    ),
    (
        "ALTER TABLE transcript_snippets DROP CONSTRAINT transcript_snippets_call_attempt_id_fkey",
        &[(
            "constraint transcript_snippets_call_attempt_id_fkey on transcript_snippets",
            "not in the live database",
        )],
    ),
    (
        "ALTER TABLE email_notifications DROP CONSTRAINT email_notifications_contact_id_fkey, \
             ADD CONSTRAINT email_notifications_contact_id_fkey \
             FOREIGN KEY (contact_id) REFERENCES contacts (id) ON DELETE CASCADE NOT VALID",
        &[(
            "constraint email_notifications_contact_id_fkey on email_notifications",
            "validated differs",
        )],
    ),
    (
        "ALTER TABLE survey_responses ALTER CONSTRAINT survey_responses_contact_id_fkey \
             DEFERRABLE INITIALLY DEFERRED",
        &[(
            "constraint survey_responses_contact_id_fkey on survey_responses",
            "DEFERRABLE INITIALLY DEFERRED",
        )],
    ),
    (
        "ALTER TABLE users DROP CONSTRAINT users_oidc_sub_key",
        &[(
            "constraint users_oidc_sub_key on users",
            "not in the live database",
        )],
    ),
    (
        "ALTER TABLE exclusion_list_entries DROP CONSTRAINT exclusion_list_entries_phone_number_key, \
             ADD CONSTRAINT exclusion_list_entries_phone_number_key UNIQUE (phone_number) DEFERRABLE",
        &[(
            "constraint exclusion_list_entries_phone_number_key on exclusion_list_entries",
            "DEFERRABLE",
        )],
    ),
    (
        "ALTER TABLE transcript_snippets DROP CONSTRAINT transcript_snippets_pkey",
        &[(
            "constraint transcript_snippets_pkey on transcript_snippets",
            "not in the live database",
        )],
    ),
    (
        "ALTER TABLE provider_configs ADD CONSTRAINT one_each EXCLUDE USING btree (provider_name WITH =)",
        &[("constraint one_each on provider_configs", "breaking")],
    ),
    (
        "ALTER INDEX call_attempts_pkey SET (fillfactor = 50)",
        &[(
            "constraint call_attempts_pkey on call_attempts",
            "fillfactor=50",
        )],
    ),
    (
        "COMMENT ON INDEX users_pkey IS 'Whatever.'",
        &[("constraint users_pkey on users", "index comment differs")],
    ),
];

#[test]
fn of_constraints() {
    all_are_told(CONSTRAINTS);
}

#[test]
fn of_a_restore_that_broke_off_while_triggers_were_disabled() {
    all_are_told(&[(
        "ALTER TABLE transcript_snippets DISABLE TRIGGER ALL",
        &[(
            "constraint transcript_snippets_call_attempt_id_fkey on transcript_snippets",
            "enforced differs",
        )],
    )]);
}

const INDEXES: &[Change] = &[
    (
        "DROP INDEX campaigns_name_idx",
        &[(
            "index campaigns_name_idx on campaigns",
            "not in the live database",
        )],
    ),
    (
        "CREATE INDEX users_name_idx ON users (name)",
        &[("index users_name_idx on users", "additive")],
    ),
    (
        "CREATE UNIQUE INDEX users_name_key ON users (name)",
        &[("index users_name_key on users", "breaking")],
    ),
    (
        "DROP INDEX events_campaign_id_idx; \
             CREATE INDEX events_campaign_id_idx ON events (campaign_id, created_at)",
        &[(
            "index events_campaign_id_idx on events",
            "(campaign_id, created_at)",
        )],
    ),
    (
        "DROP INDEX call_attempts_started_at_idx; \
             CREATE INDEX call_attempts_started_at_idx ON call_attempts (started_at) WHERE outcome IS NOT NULL",
        &[
            (
                "index call_attempts_started_at_idx on call_attempts",
                "WHERE outcome IS NOT NULL",
            ),
            (
                "index call_attempts_started_at_idx on call_attempts",
                "comment differs",
            ),
        ],
    ),
    (
        "DROP INDEX events_contact_id_idx; CREATE INDEX events_contact_id_idx ON events USING hash (contact_id)",
        &[("index events_contact_id_idx on events", "USING hash")],
    ),
    (
        "DROP INDEX survey_responses_campaign_id_idx; \
             CREATE UNIQUE INDEX survey_responses_campaign_id_idx ON survey_responses (campaign_id)",
        &[(
            "index survey_responses_campaign_id_idx on survey_responses",
            "unique differs",
        )],
    ),
    (
        "DROP INDEX survey_responses_call_attempt_id_idx; \
             CREATE INDEX survey_responses_call_attempt_id_idx ON survey_responses (call_attempt_id DESC)",
        &[(
            "index survey_responses_call_attempt_id_idx on survey_responses",
            "DESC",
        )],
    ),
    (
        "DROP INDEX campaigns_created_by_user_id_idx; \
             CREATE INDEX campaigns_created_by_user_id_idx ON campaigns (created_by_user_id) INCLUDE (name)",
        &[(
            "index campaigns_created_by_user_id_idx on campaigns",
            "INCLUDE (name)",
        )],
    ),
    (
        "COMMENT ON INDEX contacts_campaign_id_next_attempt_at_idx IS NULL",
        &[(
            "index contacts_campaign_id_next_attempt_at_idx on contacts",
            "comment differs",
        )],
    ),
    (
        "ALTER INDEX email_notifications_contact_id_idx SET (fillfactor = 70)",
        &[(
            "index email_notifications_contact_id_idx on email_notifications",
            "fillfactor='70'",
        )],
    ),
    (
        "ALTER TABLE email_notifications CLUSTER ON email_notifications_campaign_id_idx",
        &[(
            "index email_notifications_campaign_id_idx on email_notifications",
            "clustered differs",
        )],
    ),
    (
        "ALTER INDEX transcript_snippets_call_attempt_id_idx RENAME TO snippets_idx",
        &[
            (
                "index transcript_snippets_call_attempt_id_idx on transcript_snippets",
                "not in the live database",
            ),
            (
                "index snippets_idx on transcript_snippets",
                "not in the migrations",
            ),
        ],
    ),
];

#[test]
fn of_indexes() {
    all_are_told(INDEXES);
}

#[test]
fn an_index_that_a_failed_build_left() {
    test_db::run(async |db| {
        apply(
            db,
            "INSERT INTO users (oidc_sub, email, name) VALUES ('a', 'a@example.org', 'A'), ('b', 'b@example.org', 'A')",
        )
        .await?;
        let built =
            sqlx::raw_sql("CREATE UNIQUE INDEX CONCURRENTLY users_name_key ON users (name)")
                .execute(db.pool())
                .await;
        ensure!(built.is_err(), "two users have one name");
        apply(
            db,
            "ALTER INDEX users_email_key RENAME TO old; ALTER INDEX users_name_key RENAME TO users_email_key",
        )
        .await?;
        told(
            db,
            &[
                &("index users_email_key on users", "definition differs"),
                &("index users_email_key on users", "valid differs"),
                &("index users_email_key on users", "comment differs"),
                &("index old on users", "not in the migrations"),
            ],
        )
    });
}
