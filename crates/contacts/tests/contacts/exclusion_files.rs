//! Do-not-call lists from files.

use std::fmt::Write as _;
use std::io::{Cursor, Read};

use sqlx::PgPool;
use vsa_contacts::exclusion::{ExclusionFile, Imported, import};
use vsa_contacts::import::ImportOptions;
use vsa_contacts::{Error, FileError, FileOptions};
use vsa_db::actor::Actor;
use vsa_db::enums::{ContactState, UserRole};

use crate::support::{NOW, a_campaign, a_manager, a_rng, a_user, added, again, log};

async fn run(
    pool: &PgPool,
    actor: &Actor,
    file: impl Read + Send + 'static,
    dry_run: bool,
) -> Result<Imported, Error> {
    let italy = Some("IT".parse().expect("a country"));
    let file = ExclusionFile::open(file, &FileOptions::default(), italy)?;
    let rejects: Option<Vec<u8>> = None;
    let options = ImportOptions { dry_run };
    import(
        pool,
        &mut a_rng(),
        NOW,
        actor,
        file,
        rejects,
        options,
        |_| {},
    )
    .await
}

fn numbers(imported: &Imported) -> (u64, u64, u64, u64) {
    (
        imported.added,
        imported.already_there,
        imported.contacts,
        imported.rejected,
    )
}

const LIST: &str = "Motivo;Telefono;Città\r\n\
    ha telefonato;06 0000001;Roma\r\n\
    ;06 0000001;Roma\r\n\
    ;+44 020 7946 0018;Londra\r\n\
    ;112;Roma\r\n";

#[test]
fn a_list_excludes_in_every_campaign_and_once() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let manager = a_manager(&mut conn).await?;
        let mut contacts = Vec::new();
        for n in 1..=2 {
            let campaign = a_campaign(&mut conn, &manager, n).await?;
            contacts.push(added(db.pool(), &manager, campaign, 1).await?.id);
        }
        let dry = run(db.pool(), &manager, Cursor::new(LIST), true).await?;
        assert_eq!(numbers(&dry), (2, 1, 2, 1));
        assert_eq!(
            again(&mut conn, contacts[0]).await?.state,
            ContactState::Pending
        );

        let done = run(db.pool(), &manager, Cursor::new(LIST), false).await?;
        assert_eq!(numbers(&done), (2, 1, 2, 1));
        assert_eq!(done.ignored_columns, ["Città"]);
        assert_eq!(
            done.rejects[0].to_string(),
            "Telefono: too short: emergency and service numbers are never called"
        );
        for contact in contacts {
            assert_eq!(
                again(&mut conn, contact).await?.state,
                ContactState::Excluded
            );
        }
        let listed: Vec<(String, Option<String>)> = sqlx::query_as(
            "SELECT phone_number, reason FROM exclusion_list_entries WHERE source = 'import' ORDER BY phone_number",
        )
        .fetch_all(&mut *conn)
        .await?;
        assert_eq!(
            listed,
            [
                ("+39060000001".to_owned(), Some("ha telefonato".to_owned())),
                ("+442079460018".to_owned(), None)
            ]
        );
        let entry = log(&mut conn).await?.pop().expect("an entry");
        assert_eq!(entry.action, "exclusions.import");
        assert_eq!(
            entry.after,
            Some(serde_json::json!({"added": 2, "already_there": 1, "contacts": 2, "rejected": 1}))
        );

        let second = run(db.pool(), &manager, Cursor::new(LIST), false).await?;
        assert_eq!(numbers(&second), (0, 3, 0, 1));
        Ok(())
    });
}

#[test]
fn a_file_that_breaks_off_puts_nobody_on_the_list() {
    test_db::run(async |db| {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::ConnectionReset.into())
            }
        }
        let mut file = "phone_number\n".to_owned();
        for n in 0..25_000 {
            writeln!(file, "333{n:07}")?;
        }
        let manager = a_manager(&mut *db.pool().acquire().await?).await?;
        let broken = Cursor::new(file.clone()).chain(Broken);
        let error = run(db.pool(), &manager, broken, false).await.unwrap_err();
        assert!(matches!(error, Error::File(FileError::Io(_))), "{error:?}");
        let there = "SELECT count(*) FROM exclusion_list_entries";
        let count: i64 = sqlx::query_scalar(there).fetch_one(db.pool()).await?;
        assert_eq!(count, 0);

        let done = run(db.pool(), &manager, Cursor::new(file), false).await?;
        assert_eq!(numbers(&done), (25_000, 0, 0, 0));
        Ok(())
    });
}

#[test]
fn a_viewer_imports_nothing() {
    test_db::run(async |db| {
        let viewer = a_user(&mut *db.pool().acquire().await?, UserRole::Viewer).await?;
        let error = run(db.pool(), &viewer, Cursor::new(LIST), false)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Forbidden(_)), "{error:?}");
        Ok(())
    });
}
