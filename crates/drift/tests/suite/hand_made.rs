//! Changes by hand, of every kind: each is found in a live database and named. This file knows what a person can do to a
//! database and what `vsa-drift` prints, and nothing of how it looks.

mod constraints;
mod routines;
mod tables;

use crate::support::{check_live, ran};
use anyhow::{Context as _, ensure};
use test_db::TestDb;

/// What is done, and what is told: the object, and words that stand beside it. Of one change there may be several
/// differences.
type Change = (&'static str, &'static [(&'static str, &'static str)]);

/// Makes all changes in one migrated database, looks once, and wants what was done to be told: nothing less, nothing more.
fn all_are_told(changes: &[Change]) {
    test_db::run(async |db| {
        for (sql, _) in changes {
            apply(db, sql).await?;
        }
        let expected: Vec<_> = changes.iter().flat_map(|(_, told)| *told).collect();
        told(db, &expected)
    });
}

async fn apply(db: &TestDb, sql: &'static str) -> anyhow::Result<()> {
    sqlx::raw_sql(sql)
        .execute(db.pool())
        .await
        .with_context(|| sql)?;
    Ok(())
}

fn told(db: &TestDb, expected: &[&(&str, &str)]) -> anyhow::Result<()> {
    let (stdout, stderr, code) = ran(&mut check_live(db))?;
    ensure!(code == Some(3), "exit code {code:?}: {stdout}{stderr}");
    let mut rest = differences(&stdout);
    for (object, words) in expected {
        let found = rest.iter().position(|told| {
            let (_, about) = told.trim_start().split_once(' ').unwrap_or_default();
            about.trim_start().starts_with(&format!("{object}: ")) && told.contains(words)
        });
        let found =
            found.with_context(|| format!("nothing says {words:?} of {object}:\n{stdout}"))?;
        rest.remove(found);
    }
    ensure!(rest.is_empty(), "nobody did this:\n{}", rest.join("\n"));
    ensure!(
        stdout.contains("schema.yaml and the migrations: the same")
            && stdout.contains("up, down and up again: the same"),
        "{stdout}"
    );
    Ok(())
}

/// The differences in a text: a line that names the severity, and the lines of the two sides after it.
fn differences(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in text.lines() {
        if ["  breaking ", "  additive ", "  cosmetic "]
            .iter()
            .any(|severity| line.starts_with(severity))
        {
            all.push(line.to_owned());
        } else if let Some(last) = all.last_mut()
            && line.starts_with("      ")
        {
            last.push('\n');
            last.push_str(line);
        }
    }
    all
}

#[test]
fn an_unchanged_database_differs_in_nothing() {
    test_db::run(async |db| {
        sqlx::raw_sql(
            "INSERT INTO users (oidc_sub, email, name) VALUES ('a', 'a@example.org', 'A'); ANALYZE",
        )
        .execute(db.pool())
        .await?;
        let (stdout, stderr, code) = ran(&mut check_live(db))?;
        ensure!(code == Some(0), "exit code {code:?}: {stdout}{stderr}");
        assert_eq!(
            stdout,
            "schema.yaml and the migrations: the same\n\
             the migrations and the live database: the same\n\
             up, down and up again: the same\n"
        );
        eprintln!("{stderr}");
        Ok(())
    });
}
