//! The results as CSV.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use sqlx::PgConnection;
use tokio::io::AsyncWrite;
use vsa_campaigns::Error;
use vsa_campaigns::export::{Exported, export};
use vsa_db::enums::{ContactState, UserRole};
use vsa_db::ids::{CampaignId, ContactId};
use vsa_db::seed::load::{LoadOptions, load};

use crate::support::{NOW, a_campaign, a_manager, a_rng, a_user, contacts, log};

const HEADER: &str = "campaign_id,contact_id,external_contact_id,phone_number,outcome,attempt_count,first_attempt_at,\
    last_attempt_at,completed_at,q1_answer,q2_answer,q3_answer";

async fn answered(
    conn: &mut PgConnection,
    campaign: CampaignId,
    contact: ContactId,
    answers: [Option<&str>; 3],
) -> anyhow::Result<()> {
    sqlx::query!(
        r#"
        WITH attempt AS (
            INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at)
            VALUES ($1, $2, 1, gen_random_uuid()::text, $3)
            RETURNING id
        )
        INSERT INTO survey_responses (
            contact_id, campaign_id, call_attempt_id, completed_at, q1_answer, q2_answer, q3_answer
        )
        SELECT $1, $2, id, $3, $4, $5, $6
        FROM attempt
        "#,
        contact as ContactId,
        campaign as CampaignId,
        NOW,
        answers[0],
        answers[1],
        answers[2],
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Final states, no duplicates, none missing, no transcript; whoever was erased is not in it.
#[test]
fn every_contact_who_is_done_has_one_line() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_campaign(&mut conn, &mut rng, &manager).await?.id;
        for (state, numbers) in [
            (ContactState::Pending, 0..10),
            (ContactState::InProgress, 10..20),
            (ContactState::Excluded, 20..30),
            (ContactState::Refused, 30..32),
            (ContactState::NotReached, 32..34),
        ] {
            contacts(&mut conn, id, state, numbers).await?;
        }
        let completed = contacts(&mut conn, id, ContactState::Completed, 34..36).await?;
        answered(
            &mut conn,
            id,
            completed[0],
            [Some("9"), Some("-2,5"), Some("a \"b\"\nc")],
        )
        .await?;
        sqlx::query!(
            "UPDATE contacts SET phone_number = NULL, erased_at = $2 WHERE id = $1",
            completed[1] as ContactId,
            NOW,
        )
        .execute(&mut *conn)
        .await?;

        let mut out = Vec::new();
        let done = export(db.pool(), &mut rng, NOW, &manager, id, &mut out, |_| {}).await?;

        let text = String::from_utf8(out)?;
        assert_eq!(
            done,
            Exported {
                contacts: 5,
                bytes: text.len() as u64
            }
        );
        assert_eq!(text.lines().next(), Some(HEADER));
        assert_eq!(text.matches("+3906").count(), 5, "{text}");
        let line = format!(
            "{id},{},,+39061000034,completed,1,2026-11-22 10:00:00+00,2026-11-22 10:00:00+00,2026-11-22 10:00:00+00,\
             9,\"-2,5\",\"a \"\"b\"\"\nc\"\n",
            completed[0]
        );
        assert!(text.contains(&line), "{text}");
        let entry = log(&mut conn).await?.pop().expect("an entry");
        assert_eq!(entry.action, "results.export");
        assert_eq!(entry.after, Some(serde_json::json!({"contacts": 5})));
        Ok(())
    });
}

/// "A cell cannot become a spreadsheet formula", and a phone number or a number stays what it is.
#[test]
fn a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_campaign(&mut conn, &mut rng, &manager).await?.id;
        let cells = [
            ("=1+1", "'=1+1"),
            ("+39 06 1", "'+39 06 1"),
            ("-1+1", "'-1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\t'=1"),
            ("x;=1+1", "x;'=1+1"),
            ("x; @SUM(A1);-1", "x;' @SUM(A1);'-1"),
            (" =1", "' =1"),
            ("-5", "-5"),
            ("+3.5", "+3.5"),
            ("a=b", "a=b"),
        ];
        let ids = contacts(&mut conn, id, ContactState::Completed, 0..11).await?;
        for (contact, (cell, _)) in ids.iter().zip(cells) {
            answered(&mut conn, id, *contact, [Some(cell), None, None]).await?;
        }
        let mut out = Vec::new();
        export(db.pool(), &mut rng, NOW, &manager, id, &mut out, |_| {}).await?;
        let text = String::from_utf8(out)?;
        for (contact, (cell, harmless)) in ids.iter().zip(cells) {
            let line = text
                .lines()
                .find(|line| line.contains(&contact.to_string()));
            let line = line.expect("a line");
            assert!(
                line.ends_with(&format!(",{harmless},,")),
                "{cell:?}: {line}"
            );
            assert!(line.contains(",+39061"), "{line}");
        }
        Ok(())
    });
}

/// Takes a little, then nothing more: a full disk, or a reader that has gone.
struct Full(usize);

impl AsyncWrite for Full {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        piece: &[u8],
    ) -> Poll<io::Result<usize>> {
        let taken = piece.len().min(self.0);
        self.0 -= taken;
        Poll::Ready(if taken == 0 {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(taken)
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn results_that_nobody_takes_are_an_error_and_on_record_all_the_same() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_campaign(&mut conn, &mut rng, &manager).await?.id;
        contacts(&mut conn, id, ContactState::Refused, 0..100).await?;
        let mut out = Full(1_000);
        let error = export(db.pool(), &mut rng, NOW, &manager, id, &mut out, |_| {})
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Io(_)), "{error:?}");
        assert_eq!(
            log(&mut conn).await?.pop().expect("an entry").action,
            "results.export"
        );
        Ok(())
    });
}

/// Stops in the middle, and looks what the server holds for it.
struct Slow<'a> {
    open: &'a dyn Fn() -> Option<i64>,
    seen: Option<i64>,
}

impl AsyncWrite for Slow<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        piece: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.seen.is_none() {
            self.seen = (self.open)();
        }
        Poll::Ready(Ok(piece.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// An old snapshot slows down every claim of a call.
#[test]
fn a_slow_reader_holds_no_transaction_open() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_user(&mut conn, UserRole::Admin).await?;
        let id = a_campaign(&mut conn, &mut rng, &manager).await?.id;
        contacts(&mut conn, id, ContactState::Refused, 0..100).await?;
        let url = db.url().clone();
        let open = move || {
            let url = url.clone();
            let asking = async move {
                use sqlx::Connection as _;
                let mut conn = PgConnection::connect_with(&url.options()).await.ok()?;
                sqlx::query_scalar!(
                    r#"
                    SELECT count(*) AS "open!"
                    FROM pg_stat_activity
                    WHERE datname = current_database()
                      AND xact_start IS NOT NULL
                      AND pid <> pg_backend_pid()
                    "#
                )
                .fetch_one(&mut conn)
                .await
                .ok()
            };
            // On a thread of its own: the writer is asked from within the runtime.
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                runtime.ok()?.block_on(asking)
            })
            .join()
            .ok()?
        };
        let mut out = Slow {
            open: &open,
            seen: None,
        };
        export(db.pool(), &mut rng, NOW, &manager, id, &mut out, |_| {}).await?;
        assert_eq!(
            out.seen,
            Some(0),
            "transactions that are open while the reader reads"
        );
        Ok(())
    });
}

/// From a load of many contacts with calls: as many lines as there are contacts done.
#[test]
fn none_is_missing_and_none_twice_among_many() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let options = LoadOptions {
            attempts: true,
            ..LoadOptions::new(5_000, 1)
        };
        let id = load(&mut conn, options, |_, _| {}).await?.campaign_id;
        let mut out = Vec::new();
        let done = export(db.pool(), &mut rng, NOW, &manager, id, &mut out, |_| {}).await?;
        let expected = sqlx::query_scalar!(
            r#"
            SELECT id AS "id: ContactId"
            FROM contacts
            WHERE state IN ('completed', 'refused', 'not_reached')
            ORDER BY id
            "#
        )
        .fetch_all(&mut *conn)
        .await?;
        let text = String::from_utf8(out)?;
        let prefix = format!("{id},");
        let found: Vec<&str> = text
            .split('\n')
            .filter_map(|line| line.strip_prefix(&prefix))
            .filter_map(|rest| rest.split(',').next())
            .collect();
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
        assert_eq!(done.contacts, expected.len() as u64);
        Ok(())
    });
}
