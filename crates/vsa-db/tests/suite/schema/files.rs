//! The migration files themselves, whoever runs them: each can be run twice in a row, all can
//! be taken back and put in again, and nothing of ours remains when all are taken back.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use sqlx::{AssertSqlSafe, PgPool};
use test_db::TestDb;
use vsa_db::config::DatabaseUrl;
use vsa_db::migrate::{DownOptions, DownTarget, Migrator, Source, UpOptions};

/// One line an object of the schema `public`: what it is, as one server prints it, and its oid. Without the order of
/// columns: one that comes back can only come last.
const CATALOG: &str = "
    WITH relations AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    SELECT format('relation %s %s', oid::regclass, relkind), oid FROM relations
    UNION ALL
    SELECT format('column %s.%s %s null:%s default:%s #%s', attrelid::regclass, attname,
        format_type(atttypid, atttypmod), NOT attnotnull, pg_get_expr(adbin, adrelid),
        col_description(attrelid, attnum)), attrelid
    FROM relations r JOIN pg_attribute ON attrelid = r.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    UNION ALL
    SELECT 'constraint ' || conname || ' ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid), oid
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index ' || pg_get_indexdef(indexrelid), indexrelid
    FROM relations r JOIN pg_index ON indrelid = r.oid
    UNION ALL
    SELECT 'trigger ' || pg_get_triggerdef(t.oid), t.oid
    FROM relations r JOIN pg_trigger t ON tgrelid = r.oid WHERE NOT tgisinternal
    UNION ALL
    SELECT 'function ' || pg_get_functiondef(oid), oid
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT format('type %s %s', oid::regtype, (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder)
        FROM pg_enum WHERE enumtypid = pg_type.oid)), oid
    FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
    UNION ALL
    SELECT format('comment %s #%s', pg_describe_object(classoid, objoid, objsubid), description), objoid
    FROM pg_description WHERE objoid >= 16384
    ORDER BY 1";

/// Changes rows, and nothing of the schema.
const BACKFILL: &str = "0021_campaign_counts_backfill.up.sql";

async fn catalog(pool: &PgPool) -> Result<Vec<(String, sqlx::postgres::types::Oid)>, sqlx::Error> {
    sqlx::query_as(CATALOG).fetch_all(pool).await
}

/// The catalog without oids, which differ from one creation to the next.
async fn schema(pool: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    Ok(catalog(pool)
        .await?
        .into_iter()
        .map(|(line, _)| line)
        .collect())
}

/// The files of one direction, in the order they are applied.
fn files(direction: &str) -> anyhow::Result<Vec<PathBuf>> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo and nextest set it");
    let folder = Path::new(&manifest).join("../../migrations");
    let mut files = Vec::new();
    for entry in
        fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        if path
            .to_string_lossy()
            .ends_with(&format!(".{direction}.sql"))
        {
            files.push(path);
        }
    }
    files.sort();
    if direction == "down" {
        files.reverse();
    }
    ensure!(files.len() >= 13, "{} {direction} files", files.len());
    Ok(files)
}

/// The `psql` next to the test server's programs, or the one in the PATH. There need not be
/// one on a developer's machine; in CI there must.
fn psql() -> anyhow::Result<Option<PathBuf>> {
    let found = env::var_os("VSA_PG_BIN")
        .map(PathBuf::from)
        .into_iter()
        .chain(env::split_paths(&env::var_os("PATH").unwrap_or_default()))
        .map(|folder| folder.join("psql"))
        .find(|program| program.is_file());
    if found.is_none() && env::var_os("CI").is_some() {
        bail!("no psql in VSA_PG_BIN or PATH; install postgresql-client");
    }
    Ok(found)
}

fn has_a_transaction(file: &str) -> bool {
    !file.starts_with("-- no-transaction\n")
}

fn run_psql(psql: &Path, url: &DatabaseUrl, file: &Path) -> anyhow::Result<()> {
    // As the migrator runs it.
    let transaction = if has_a_transaction(&fs::read_to_string(file)?) {
        Some("--single-transaction")
    } else {
        None
    };
    let output = Command::new(psql)
        .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"])
        .args(transaction)
        .arg("--file")
        .arg(file)
        .arg(url.expose())
        .env("PGOPTIONS", "-c client_min_messages=warning")
        .output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success() && errors.is_empty(),
        "{}: {errors}",
        file.display()
    );
    Ok(())
}

/// Applies every file of a direction twice, and sees that the second time changed nothing.
async fn each_twice(
    db: &TestDb,
    direction: &str,
    apply: impl AsyncFn(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for file in files(direction)? {
        apply(&file).await?;
        let once = catalog(db.pool()).await?;
        apply(&file).await?;
        let twice = catalog(db.pool()).await?;
        ensure!(
            once == twice,
            "{} changed something the second time",
            file.display()
        );
    }
    Ok(())
}

async fn up_down_up(
    db: &TestDb,
    apply: impl AsyncFn(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let nothing = schema(db.pool()).await?;
    each_twice(db, "up", &apply).await?;
    let first = schema(db.pool()).await?;
    ensure!(
        first.len() > nothing.len() + 300,
        "only {} lines of schema",
        first.len()
    );
    each_twice(db, "down", &apply).await?;
    assert_eq!(
        schema(db.pool()).await?,
        nothing,
        "left behind by the down files"
    );
    each_twice(db, "up", &apply).await?;
    assert_eq!(
        schema(db.pool()).await?,
        first,
        "up again is not as up before"
    );
    Ok(())
}

#[test]
fn through_psql_each_file_can_be_run_twice_up_down_and_up_again() {
    test_db::run_empty(async |db| {
        let Some(psql) = psql()? else {
            eprintln!("no psql in VSA_PG_BIN or PATH: not tested");
            return Ok(());
        };
        up_down_up(db, async |file| run_psql(&psql, db.url(), file)).await
    });
}

/// Sends a file as one batch, which the server runs as one transaction; one that must not run in a transaction, a
/// statement at a time.
async fn run_batch(pool: &PgPool, file: &Path) -> anyhow::Result<()> {
    let text = fs::read_to_string(file)?;
    let batches: Vec<&str> = if has_a_transaction(&text) {
        vec![&text]
    } else {
        text.split_inclusive(";\n").collect()
    };
    for batch in batches {
        sqlx::raw_sql(AssertSqlSafe(batch))
            .execute(pool)
            .await
            .with_context(|| file.display().to_string())?;
    }
    Ok(())
}

#[test]
fn as_batches_each_file_can_be_run_twice_up_down_and_up_again() {
    test_db::run_empty(async |db| {
        up_down_up(db, async |file| run_batch(db.pool(), file).await).await
    });
}

#[test]
fn every_down_file_takes_back_exactly_its_up_file() {
    test_db::run_empty(async |db| {
        let mut downs = files("down")?;
        downs.reverse();
        for (up, down) in files("up")?.iter().zip(&downs) {
            let before = schema(db.pool()).await?;
            run_batch(db.pool(), up).await?;
            let fills = up.ends_with(BACKFILL);
            ensure!(
                fills || schema(db.pool()).await? != before,
                "{} does nothing",
                up.display()
            );
            run_batch(db.pool(), down).await?;
            assert_eq!(schema(db.pool()).await?, before, "after {}", down.display());
            run_batch(db.pool(), up).await?;
        }
        Ok(())
    });
}

#[test]
fn the_migrator_taken_down_to_zero_leaves_its_ledger_alone() {
    test_db::run_empty(async |db| {
        let migrator = Migrator::new(Source::embedded()?);
        migrator.up(db.url(), UpOptions::default()).await?;
        let everything = DownOptions {
            target: DownTarget::All,
            allow_remote: true,
        };
        migrator.down(db.url(), everything).await?;
        let left: Vec<String> = sqlx::query_scalar(
            "SELECT relname::text FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p', 'f')
            UNION ALL
            SELECT typname FROM pg_type
            WHERE typnamespace = 'public'::regnamespace AND typrelid = 0 AND typelem = 0
            UNION ALL
            SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL
            SELECT nspname FROM pg_namespace WHERE oid >= 16384
            ORDER BY 1",
        )
        .fetch_all(db.pool())
        .await?;
        ensure!(
            left.contains(&"schema_migrations".to_owned()),
            "no ledger in {left:?}"
        );
        ensure!(
            left.iter().all(|name| name.starts_with("schema_migration")),
            "left behind: {left:?}"
        );
        Ok(())
    });
}

#[test]
fn files_come_in_pairs_say_what_they_are_for_and_leave_transactions_to_the_runner() {
    let stem = |path: &PathBuf, suffix: &str| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .strip_suffix(suffix)
            .map(str::to_owned)
            .unwrap()
    };
    let ups = files("up").unwrap();
    let mut downs = files("down").unwrap();
    downs.reverse();
    let names: Vec<_> = ups.iter().map(|path| stem(path, ".up.sql")).collect();
    assert_eq!(
        names,
        downs
            .iter()
            .map(|path| stem(path, ".down.sql"))
            .collect::<Vec<_>>()
    );
    for (number, name) in (1..).zip(&names) {
        assert!(
            name.starts_with(&format!("{number:04}_")),
            "{name} is not number {number}"
        );
    }
    for path in ups.iter().chain(&downs) {
        let text = fs::read_to_string(path).unwrap();
        let name = path.display();
        assert!(
            text.starts_with("-- "),
            "{name} does not begin with what it is for"
        );
        assert!(
            text.ends_with('\n') && !text.contains(['\r', '\t']),
            "{name} has odd white space"
        );
        for line in text.lines() {
            let first = line.trim_start().to_uppercase();
            let banned = [
                "\\",
                "BEGIN;",
                "BEGIN TRANSACTION",
                "START TRANSACTION",
                "COMMIT",
                "ROLLBACK",
            ];
            assert!(
                !banned.iter().any(|word| first.starts_with(word)),
                "{name}: {line}"
            );
        }
    }
}
