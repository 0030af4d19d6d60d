//! Failing, killed and old runs: what is kept, what is swept, what is made anew.

use crate::scratch::{Scratch, text};
use sqlx::Executor as _;
use std::io::{BufRead as _, BufReader};

fn passes() {
    test_db::run(async |db| {
        let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
            .fetch_one(db.pool())
            .await?;
        anyhow::ensure!(rows == 0, "{rows} rows of somebody else");
        db.pool()
            .execute("INSERT INTO users (oidc_sub, email, name) VALUES ('a', 'a@example.org', 'A')")
            .await?;
        Ok(())
    });
}

#[test]
fn the_database_of_a_failed_test_is_kept_and_named() {
    match crate::scratch::part().as_deref() {
        Some("error") => test_db::run(async |db| {
            db.pool().execute("CREATE TABLE evidence ()").await?;
            Err(anyhow::anyhow!("the cause").context("the effect"))
        }),
        Some("panic") => test_db::run(async |_| panic!("{} and {}", "this", "that")),
        Some(_) => passes(),
        None => {
            let scratch = Scratch::new();
            for (part, words) in [
                ("error", "the effect: the cause"),
                ("panic", "this and that"),
            ] {
                let output = scratch.play(part);
                let said = text(&output);
                assert!(!output.status.success(), "{said}");
                let name =
                    "test recovery::the_database_of_a_failed_test_is_kept_and_named failed: ";
                assert!(said.contains(&format!("{name}{words}\n")), "{said}");
                assert!(said.contains("psql 'postgres"), "{said}");
                scratch.pass("afterwards");
            }
            let kept = scratch.databases();
            let kept: Vec<_> = kept
                .iter()
                .filter(|name| name.starts_with("failed_the_database_of"))
                .collect();
            assert!(kept.len() == 2, "{kept:?}");
        }
    }
}

#[test]
fn a_killed_test_leaves_nothing_to_the_next() {
    match crate::scratch::part().as_deref() {
        Some("killed") => {
            test_db::run(async |db| {
                db.pool()
                .execute("INSERT INTO users (oidc_sub, email, name) VALUES ('a', 'a@example.org', 'A')")
                .await?;
                eprintln!("ready");
                db.pool().execute("SELECT pg_sleep(20)").await?;
                Ok(())
            });
        }
        Some(_) => passes(),
        None => {
            let scratch = Scratch::new();
            scratch.pass("first");
            let mut child = scratch.spawn("killed");
            let lines = BufReader::new(child.stderr.take().unwrap()).lines();
            assert!(lines.map_while(Result::ok).any(|line| line == "ready"));
            child.kill().unwrap();
            child.wait().unwrap();
            scratch.pass("next");
            assert_eq!(scratch.databases().len(), 2, "{:?}", scratch.databases());
        }
    }
}

#[test]
fn a_half_made_template_is_made_again() {
    if crate::scratch::part().is_some() {
        return passes();
    }
    let scratch = Scratch::new();
    scratch.pass("first");
    let prefix = scratch.prefix().unwrap();
    let names = scratch.databases();
    let template = names
        .iter()
        .find(|name| name.ends_with("_template"))
        .unwrap();
    let slot = names.iter().find(|name| name.ends_with("_0")).unwrap();
    scratch.execute(&format!(
        "ALTER DATABASE {prefix}{template} IS_TEMPLATE false"
    ));
    scratch.execute(&format!("DROP DATABASE {prefix}{template}"));
    scratch.execute(&format!("DROP DATABASE {prefix}{slot} WITH (FORCE)"));
    scratch.execute(&format!("CREATE DATABASE {prefix}{template}"));
    scratch.pass("next");
    assert_eq!(scratch.databases(), names);
}

#[test]
fn old_databases_of_this_checkout_alone_are_swept() {
    if crate::scratch::part().is_some() {
        return passes();
    }
    let (scratch, other) = (Scratch::new(), Scratch::new());
    scratch.pass("first");
    other.pass("first");
    let (prefix, names, theirs) = (
        scratch.prefix().unwrap(),
        scratch.databases(),
        other.databases(),
    );
    assert_ne!(scratch.prefix(), other.prefix());
    let now: u64 = scratch.query("SELECT (extract(epoch FROM now()) * 1000)::int8::text")[0]
        .parse()
        .unwrap();
    let fresh = format!("failed_fresh_{now}_0");
    for old in [
        "00000000_0",
        "00000000_7",
        "00000000_template",
        "failed_old_1700000000000_0",
        &fresh,
        "stranger",
    ] {
        scratch.execute(&format!("CREATE DATABASE {prefix}{old}"));
    }
    scratch.execute(&format!(
        "ALTER DATABASE {prefix}00000000_template IS_TEMPLATE true"
    ));
    let template = names
        .iter()
        .find(|name| name.ends_with("_template"))
        .unwrap();
    scratch.execute(&format!(
        "ALTER DATABASE {prefix}{template} IS_TEMPLATE false"
    ));
    scratch.execute(&format!("DROP DATABASE {prefix}{template}"));
    let slot = names.iter().find(|name| name.ends_with("_0")).unwrap();
    scratch.execute(&format!("DROP DATABASE {prefix}{slot} WITH (FORCE)"));
    scratch.pass("next");
    let mut expected = [names, vec![fresh, "stranger".to_owned()]].concat();
    expected.sort();
    assert_eq!(scratch.databases(), expected);
    assert_eq!(other.databases(), theirs);
}

#[test]
fn a_user_who_is_no_superuser_gets_a_fresh_database_each_time() {
    if crate::scratch::part().is_some() {
        passes();
        return passes();
    }
    let scratch = Scratch::new();
    let role = format!("vsa_test_role_{}", std::process::id());
    scratch.execute(&format!(
        "CREATE ROLE {role} LOGIN CREATEDB PASSWORD 'secret'"
    ));
    let mut url = url::Url::parse(&scratch.url()).unwrap();
    url.set_username(&role).unwrap();
    url.set_password(Some("secret")).unwrap();
    let output = scratch
        .command("all")
        .env("TEST_DATABASE_URL", url.as_str())
        .output()
        .unwrap();
    let said = text(&output);
    drop_databases_and_role(scratch, &role);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("secret"), "{said}");
}

fn drop_databases_and_role(scratch: Scratch, role: &str) {
    drop(scratch);
    Scratch::new().execute(&format!("DROP ROLE {role}"));
}

#[test]
fn without_any_server_the_error_says_what_to_type() {
    if crate::scratch::part().is_some() {
        return passes();
    }
    let scratch = Scratch::new();
    let folder = tempfile::tempdir().unwrap();
    let output = scratch
        .command("all")
        .current_dir(folder.path())
        .env_remove("TEST_DATABASE_URL")
        .env_remove("DATABASE_URL")
        .env("DISABLE_TESTCONTAINERS", "1")
        .output()
        .unwrap();
    let said = text(&output);
    assert!(!output.status.success(), "{said}");
    assert!(
        said.contains("type `cargo xtask test`") && said.contains("TEST_DATABASE_URL"),
        "{said}"
    );
}

#[test]
fn a_server_that_is_not_there_is_named_without_its_password() {
    if crate::scratch::part().is_some() {
        return passes();
    }
    let output = Scratch::new()
        .command("all")
        .env(
            "TEST_DATABASE_URL",
            "postgres://me:secret@127.0.0.1:1/postgres",
        )
        .output()
        .unwrap();
    let said = text(&output);
    assert!(!output.status.success(), "{said}");
    assert!(
        said.contains("cannot connect to postgres://me:***@127.0.0.1:1/postgres"),
        "{said}"
    );
    assert!(!said.contains("secret"), "{said}");
}
