//! What `migrate new` writes, and what it refuses.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use test_db::TestDb;
use vsa_db::config::DatabaseUrl;
use vsa_db::migrate::{Migrator, Source, UpOptions};
use vsa_drift::build::build;
use vsa_drift::catalog;
use vsa_drift::compare::compare;
use vsa_drift::migration::{NewFile, files};
use vsa_drift::scratch;
use vsa_schema::migrations::lint;

/// `schema.yaml` as it was when there were thirteen migrations.
const DAY_13: &str = include_str!("day_13.yaml");

fn write_first_thirteen(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir(folder)?;
    for migration in &Source::embedded()?.migrations()[..13] {
        for file in [&migration.up, &migration.down] {
            let name = Path::new(&file.path).file_name().context("a file")?;
            fs::write(folder.join(name), &*file.sql)?;
        }
    }
    Ok(())
}

fn first_thirteen() -> anyhow::Result<Source> {
    let folder = tempfile::tempdir()?;
    let migrations = folder.path().join("migrations");
    write_first_thirteen(&migrations)?;
    Ok(Source::from_dir(&migrations)?)
}

/// The files for an edit of the schema of day 13.
async fn plan(
    url: &DatabaseUrl,
    edits: &[(&str, &str)],
    deletes: &[&str],
) -> anyhow::Result<Vec<NewFile>> {
    let mut text = DAY_13.to_owned();
    for (from, to) in edits {
        ensure!(text.contains(from), "the schema has no {from:?}");
        text = text.replacen(from, to, 1);
    }
    let spec = vsa_schema::read("schema.yaml", text.as_bytes())?;
    let deletes: BTreeSet<String> = deletes.iter().map(|&object| object.to_owned()).collect();
    let source = first_thirteen()?;
    let files = scratch::with(url, async |server| {
        files(
            server,
            "schema.yaml",
            &spec,
            &source,
            (14, "edit"),
            &deletes,
        )
        .await
    })
    .await?;
    for file in &files {
        let found = lint(&file.name, &file.text);
        ensure!(found.is_empty(), "{found:?}");
    }
    Ok(files)
}

async fn refusal(
    url: &DatabaseUrl,
    edits: &[(&str, &str)],
    deletes: &[&str],
) -> anyhow::Result<String> {
    match plan(url, edits, deletes).await {
        Ok(files) => anyhow::bail!("it was planned: {files:#?}"),
        Err(error) => Ok(format!("{error:#}")),
    }
}

fn names(files: &[NewFile]) -> Vec<&str> {
    files.iter().map(|file| &*file.name).collect()
}

const CONTACT_EMAIL: &str = "      email:
        type: text
        nullable: true
        personal: contact
        comment: Where mails about the outcome go; null sends none. Personal data.
";
/// The end of the columns of contacts.
const LAST_OF_CONTACTS: &str = "    unique:
      - [campaign_id, phone_number]
";

fn with_column(definition: &str) -> String {
    format!("      {definition}\n{LAST_OF_CONTACTS}")
}

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
fn a_default_of_its_own_for_every_row_is_written_row_by_row() {
    test_db::run(async |db| {
        let column =
            with_column("token: {type: uuid, default: gen_random_uuid(), comment: Token.}");
        let files = plan(db.url(), &[(LAST_OF_CONTACTS, &column)], &[]).await?;
        assert_eq!(
            names(&files),
            [
                "0014_edit.up.sql",
                "0014_edit.down.sql",
                "0015_edit_finish.up.sql",
                "0015_edit_finish.down.sql"
            ]
        );
        let up = &files[0].text;
        for part in [
            "ADD COLUMN IF NOT EXISTS token uuid;",
            "ALTER COLUMN token SET DEFAULT gen_random_uuid();",
            "UPDATE contacts SET token = DEFAULT WHERE token IS NULL;",
            "CHECK (token IS NOT NULL) NOT VALID",
        ] {
            ensure!(up.contains(part), "no {part:?} in {up}");
        }
        let finish = &files[2].text;
        ensure!(
            finish.contains("VALIDATE CONSTRAINT contacts_token_not_null"),
            "{finish}"
        );
        ensure!(
            finish.contains("ALTER COLUMN token SET NOT NULL"),
            "{finish}"
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

#[test]
fn what_deletes_data_must_be_named_and_nothing_else_may_be() {
    test_db::run(async |db| {
        let gone = [(CONTACT_EMAIL, "")];
        assert_eq!(
            refusal(db.url(), &gone, &[]).await?,
            "this migration deletes what is in `contacts.email`; if that is meant, add --deletes contacts.email, and if \
             something only gets another name, write `renamed_from` in the schema"
        );
        assert_eq!(
            refusal(db.url(), &gone, &["contacts.email", "contacts.phone"]).await?,
            "this migration deletes nothing called `contacts.phone`; leave out --deletes contacts.phone"
        );
        let files = plan(db.url(), &gone, &["contacts.email"]).await?;
        ensure!(
            files[0].text.contains(
                "-- contacts.email: deletes data, cannot be undone.\n\
                     -- squawk-ignore ban-drop-column -- meant: --deletes contacts.email\n\
                     ALTER TABLE contacts DROP COLUMN IF EXISTS email;\n"
            ),
            "{}",
            files[0].text
        );
        Ok(())
    });
}

#[test]
fn what_cannot_be_done_to_a_database_in_use_is_told_with_its_place() {
    test_db::run(async |db| {
        let line = |text: &str| {
            DAY_13
                .lines()
                .position(|line| line.contains(text))
                .map_or(0, |n| n + 1)
        };
        let required = with_column("nickname: {type: text, comment: Nickname.}");
        assert_eq!(
            refusal(db.url(), &[(LAST_OF_CONTACTS, &required)], &[]).await?,
            format!(
                "schema.yaml:{}:7: `contacts.nickname` is new, may not be null and has no default: rows that are there would \
                 have no value; write a `default`, or `nullable: true`",
                line("- [campaign_id, phone_number]") - 1
            )
        );
        let first = format!(
            "      nickname: {{type: text, nullable: true, comment: Nickname.}}\n{CONTACT_EMAIL}"
        );
        let error = refusal(db.url(), &[(CONTACT_EMAIL, &first)], &[]).await?;
        ensure!(
            error.contains("`contacts.email` stands after the new column `nickname`, and PostgreSQL adds columns only at the end; move `nickname` behind the last column of `contacts`"),
            "{error}"
        );
        let error = refusal(db.url(), &[("      busy: The line was busy.\n", "")], &[]).await?;
        assert_eq!(
            error,
            format!(
                "schema.yaml:{}:3: the label `busy` of `call_outcome` is missing, and `call_attempts.outcome` uses the type; keep \
                 it (a label cannot be taken from a type in use), or write `renamed_from: busy` at its new name",
                line("  call_outcome:")
            )
        );
        let swapped = [
            ("      busy: The line was busy.\n", ""),
            (
                "      no_answer: It",
                "      busy: The line was busy.\n      no_answer: It",
            ),
        ];
        let error = refusal(db.url(), &swapped, &[]).await?;
        ensure!(
            error.contains("the labels of `call_outcome` stand in another order, and `call_attempts.outcome` uses the type; keep the order: completed, refused, no_answer, busy, failed"),
            "{error}"
        );
        ensure!(
            error.starts_with(&format!("schema.yaml:{}:7: ", line("      no_answer: It"))),
            "{error}"
        );
        Ok(())
    });
}

#[test]
fn a_row_that_does_not_fit_leaves_the_database_as_it_was() {
    test_db::run(async |db| {
        let edits = [(
            "      description: {type: text, nullable: true,",
            "      description: {type: text, default: \"''\",",
        )];
        let files = plan(db.url(), &edits, &[]).await?;
        let all =
            first_thirteen()?.with(files.into_iter().map(|file| (file.name, file.text.into())))?;
        let error = scratch::with(db.url(), async |server| {
            let url = server.create().await?;
            Migrator::new(first_thirteen()?).up(&url, UpOptions::default()).await?;
            let mut conn = PgConnection::connect_with(&url.options()).await?;
            let sql = "INSERT INTO users (oidc_sub, email, name) VALUES ('a', 'a@example.com', 'A');
                INSERT INTO campaigns (name, intro_script, question_1_text, question_1_type, question_2_text, question_2_type,
                    question_3_text, question_3_type, created_by_user_id)
                SELECT 'c', '', '', 'scale', '', 'scale', '', 'scale', id FROM users";
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await?;
            let migrator = Migrator::new(all.clone());
            let error = migrator.up(&url, UpOptions::default()).await.unwrap_err();
            let status = migrator.status(&url).await?;
            let there: bool = sqlx::query_scalar("SELECT description IS NULL FROM campaigns").fetch_one(&mut conn).await?;
            ensure!(there, "the row is as it was");
            Ok(format!("{error:#}\n{status:?}"))
        })
        .await?;
        ensure!(error.contains("0015_edit_finish.up.sql"), "{error}");
        Ok(())
    });
}

/// A folder with the migrations and a schema of one column more.
fn folder() -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    write_first_thirteen(&folder.path().join("migrations"))?;
    let column = with_column("nickname: {type: text, nullable: true, comment: Nickname.}");
    let schema = DAY_13.replacen(LAST_OF_CONTACTS, &column, 1);
    fs::write(folder.path().join("schema.yaml"), schema)?;
    Ok(folder)
}

/// `vsa-drift` there: exit code, stdout, stderr.
fn run(
    db: &TestDb,
    folder: &Path,
    words: &[&str],
) -> anyhow::Result<(Option<i32>, String, String)> {
    let output = Command::new(env!("CARGO_BIN_EXE_vsa-drift"))
        .args(words)
        .current_dir(folder)
        .env("SCRATCH_URL", db.url().expose())
        .output()?;
    let (told, said) = (
        String::from_utf8(output.stdout)?,
        String::from_utf8(output.stderr)?,
    );
    Ok((output.status.code(), told, said))
}

#[test]
fn diff_prints_the_files_that_new_writes_and_then_there_is_nothing_to_do() {
    test_db::run(async |db| {
        let folder = folder()?;
        let run = |words: &[&str]| run(db, folder.path(), words);
        let (code, diff, _) = run(&["diff"])?;
        assert_eq!(code, Some(3));
        let (code, json, _) = run(&["diff", "--json"])?;
        assert_eq!(code, Some(3));
        let json: serde_json::Value = serde_json::from_str(&json)?;
        assert_eq!(json["parts"][0]["up"][0]["object"], "contacts.nickname");
        assert_eq!(json["parts"][0]["down"][0]["hazards"][0], "deletes_data");

        let (code, written, _) = run(&["new", "add_nickname"])?;
        assert_eq!(code, Some(0));
        assert_eq!(
            written,
            "migrations/0014_add_nickname.up.sql\nmigrations/0014_add_nickname.down.sql\n"
        );
        let up =
            std::fs::read_to_string(folder.path().join("migrations/0014_add_nickname.up.sql"))?;
        ensure!(diff.contains(&up), "{diff} has not {up}");

        let (code, written, told) = run(&["new", "once_more"])?;
        assert_eq!((code, written.as_str()), (Some(0), ""));
        assert_eq!(
            told,
            "nothing to do: the migrations build what schema.yaml says\n"
        );
        let (code, diff, told) = run(&["diff"])?;
        assert_eq!((code, diff.as_str()), (Some(0), ""));
        assert_eq!(
            told,
            "nothing to do: the migrations build what schema.yaml says\n"
        );
        Ok(())
    });
}

#[test]
fn a_file_that_is_in_the_way_leaves_nothing_half_written() {
    test_db::run(async |db| {
        let folder = folder()?;
        fs::create_dir(folder.path().join("migrations/0014_add_nickname.down.sql"))?;
        let (code, _, told) = run(db, folder.path(), &["new", "add_nickname"])?;
        assert_eq!(code, Some(1));
        ensure!(told.contains("0014_add_nickname.down.sql"), "{told}");
        ensure!(
            !folder
                .path()
                .join("migrations/0014_add_nickname.up.sql")
                .exists()
        );
        Ok(())
    });
}
