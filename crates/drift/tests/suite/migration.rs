//! What `migrate new` writes, and what it refuses.

mod fill;
mod hard;
mod program;
mod refused;
mod support;

use anyhow::ensure;
use sqlx::{Connection as _, PgConnection};
use vsa_db::migrate::{Migrator, UpOptions};
use vsa_drift::build::build;
use vsa_drift::catalog;
use vsa_drift::compare::compare;
use vsa_drift::scratch;

use support::{DAY_13, LAST_OF_CONTACTS, first_thirteen, names, plan, with_column};

#[test]
fn the_first_thirteen_migrations_are_the_schema_of_that_day() {
    test_db::run(async |db| {
        let spec = vsa_schema::read("day_13.yaml", DAY_13.as_bytes())?;
        let differences = scratch::with(db.url(), async |server| {
            let (migrated, built) = (server.create().await?, server.create().await?);
            Migrator::new(first_thirteen()?)
                .up(&migrated, UpOptions::default())
                .await?;
            let mut conn = PgConnection::connect_with(&built.options()).await?;
            build(&mut conn, "day_13.yaml", &spec).await?;
            let expected = catalog::read(&mut conn).await?;
            let mut conn = PgConnection::connect_with(&migrated.options()).await?;
            Ok(compare(&expected, &catalog::read(&mut conn).await?))
        })
        .await?;
        assert_eq!(differences, []);
        Ok(())
    });
}

#[test]
fn nothing_to_do_gives_no_file() {
    test_db::run(async |db| {
        assert_eq!(plan(db.url(), &[], &[]).await?, []);
        Ok(())
    });
}

#[test]
fn a_new_column_is_one_short_lock() {
    test_db::run(async |db| {
        let column = with_column(
            "nickname: {type: text, default: \"''\", comment: What friends say. Personal data., personal: identity}",
        );
        let files = plan(db.url(), &[(LAST_OF_CONTACTS, &column)], &[]).await?;
        assert_eq!(names(&files), ["0014_edit.up.sql", "0014_edit.down.sql"]);
        assert_eq!(
            files[0].text,
            "-- contacts.nickname.\n\
             -- What takes a short lock, in one transaction.\n\
             \n\
             ALTER TABLE contacts ADD COLUMN IF NOT EXISTS nickname text NOT NULL DEFAULT ''::text;\n\
             COMMENT ON COLUMN contacts.nickname IS 'What friends say. Personal data.';\n"
        );
        assert_eq!(
            files[1].text,
            "-- contacts.nickname.\n\
             -- Takes it back: the schema is exactly what it was before.\n\
             \n\
             -- contacts.nickname: deletes data, cannot be undone.\n\
             ALTER TABLE contacts DROP COLUMN IF EXISTS nickname;\n"
        );
        Ok(())
    });
}

#[test]
fn indexes_and_keys_are_built_while_others_write() {
    test_db::run(async |db| {
        let edits = [
            (
                "        index: Serves campaigns by name.\n",
                "        unique: true\n",
            ),
            (
                "      description: {type: text, nullable: true,",
                "      description: {type: text, nullable: true, index: Serves nobody.,",
            ),
        ];
        let files = plan(db.url(), &edits, &[]).await?;
        assert_eq!(
            names(&files),
            [
                "0014_edit_indexes.up.sql",
                "0014_edit_indexes.down.sql",
                "0015_edit_finish.up.sql",
                "0015_edit_finish.down.sql"
            ]
        );
        let indexes = &files[0].text;
        ensure!(indexes.starts_with("-- no-transaction\n"), "{indexes}");
        for part in [
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS campaigns_description_idx ON campaigns (description);",
            "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS campaigns_name_key ON campaigns (name);",
            "DROP INDEX CONCURRENTLY IF EXISTS campaigns_name_idx;",
        ] {
            ensure!(indexes.contains(part), "no {part:?} in {indexes}");
        }
        ensure!(
            files[2]
                .text
                .contains("UNIQUE USING INDEX campaigns_name_key"),
            "{}",
            files[2].text
        );
        Ok(())
    });
}

#[test]
fn a_check_on_old_rows_is_validated_in_a_second_file() {
    test_db::run(async |db| {
        let edits = [(
            "check: attempt_number >= 1",
            "check: attempt_number BETWEEN 1 AND 9",
        )];
        let files = plan(db.url(), &edits, &[]).await?;
        assert_eq!(names(&files)[2], "0015_edit_finish.up.sql");
        ensure!(files[0].text.contains("NOT VALID"), "{}", files[0].text);
        ensure!(
            files[2]
                .text
                .contains("VALIDATE CONSTRAINT call_attempts_attempt_number_check"),
            "{}",
            files[2].text
        );
        Ok(())
    });
}

#[test]
fn a_new_name_keeps_what_is_there() {
    test_db::run(async |db| {
        let edits = [
            (
                "  exclusion_list_entries:\n",
                "  exclusions:\n    renamed_from: exclusion_list_entries\n",
            ),
            (
                "      source: {type: exclusion_source,",
                "      origin: {renamed_from: source, type: exclusion_source,",
            ),
            (
                "      scale: With a step",
                "      rating: {renamed_from: scale, comment: With a step",
            ),
            ("that the question names.\n", "that the question names.}\n"),
        ];
        let files = plan(db.url(), &edits, &[]).await?;
        assert_eq!(names(&files), ["0014_edit.up.sql", "0014_edit.down.sql"]);
        let up = &files[0].text;
        for part in [
            "-- squawk-ignore renaming-table -- schema.yaml asks for it\nDO $do$\n",
            "ALTER TABLE exclusion_list_entries RENAME TO exclusions;",
            "ALTER TABLE exclusions RENAME COLUMN source TO origin;",
            "ALTER TYPE question_type RENAME VALUE 'scale' TO 'rating';",
            "RENAME CONSTRAINT exclusion_list_entries_pkey TO exclusions_pkey;",
        ] {
            ensure!(up.contains(part), "no {part:?} in {up}");
        }
        ensure!(!up.contains("DROP"), "{up}");
        Ok(())
    });
}

#[test]
fn labels_are_committed_before_anything_uses_them() {
    test_db::run(async |db| {
        let edits = [
            (
                "      viewer: Reads",
                "      auditor: Reads the log.\n      viewer: Reads",
            ),
            (
                "role: {type: user_role, default: \"'viewer'\"",
                "role: {type: user_role, default: \"'auditor'\"",
            ),
        ];
        let files = plan(db.url(), &edits, &[]).await?;
        assert_eq!(
            names(&files),
            [
                "0014_edit_labels.up.sql",
                "0014_edit_labels.down.sql",
                "0015_edit.up.sql",
                "0015_edit.down.sql"
            ]
        );
        ensure!(
            files[0]
                .text
                .contains("ADD VALUE IF NOT EXISTS 'auditor' AFTER 'campaign_manager'"),
            "{}",
            files[0].text
        );
        Ok(())
    });
}
