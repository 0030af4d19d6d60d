//! Files of contacts on their way into a campaign.

use std::fmt::Write as _;
use std::io::{Cursor, Read};

use rand::SeedableRng;
use rand::rngs::StdRng;
use sqlx::PgPool;
use test_db::TestDb;
use time::OffsetDateTime;
use vsa_contacts::exclusion::{self, NewExclusion};
use vsa_contacts::import::{ImportOptions, Imported, import};
use vsa_contacts::{ContactFile, Error, FileOptions};
use vsa_db::actor::Actor;
use vsa_db::enums::{ContactState, ExclusionSource, UserRole};
use vsa_db::ids::{CampaignId, UserId};

use crate::support::{NOW, a_campaign, a_manager, a_rng, a_user};

/// A manager and a campaign.
pub(crate) async fn world(db: &TestDb) -> anyhow::Result<(Actor, CampaignId)> {
    let mut conn = db.pool().acquire().await?;
    let manager = a_manager(&mut conn).await?;
    let campaign = a_campaign(&mut conn, &manager, 1).await?;
    Ok((manager, campaign))
}

pub(crate) async fn run(
    pool: &PgPool,
    actor: &Actor,
    campaign: CampaignId,
    file: impl Read + Send + 'static,
    dry_run: bool,
) -> Result<Imported, Error> {
    let mut rng = a_rng();
    let file = ContactFile::open(
        file,
        &FileOptions::default(),
        Some("IT".parse().expect("a country")),
    )?;
    let options = ImportOptions { dry_run };
    let rejects: Option<Vec<u8>> = None;
    import(
        pool,
        &mut rng,
        NOW,
        actor,
        campaign,
        file,
        rejects,
        options,
        |_| {},
    )
    .await
}

pub(crate) fn text(text: impl Into<String>) -> Cursor<Vec<u8>> {
    Cursor::new(text.into().into_bytes())
}

/// A file of so many contacts.
pub(crate) fn many(count: u32) -> String {
    let mut file = String::from("phone_number,external_contact_id\n");
    for n in 0..count {
        writeln!(file, "333{n:07},id-{n}").unwrap();
    }
    file
}

pub(crate) async fn count(pool: &PgPool, state: ContactState) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT count(*) FROM contacts WHERE state = $1")
        .bind(state)
        .fetch_one(pool)
        .await
}

/// The clock stands still in tests; what was imported so far, was imported yesterday.
pub(crate) async fn yesterday(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::query("UPDATE contacts SET created_at = created_at - interval '1 day'")
        .execute(pool)
        .await?;
    Ok(())
}

pub(crate) fn numbers(imported: &Imported) -> (u64, u64, u64, u64) {
    (
        imported.accepted,
        imported.excluded,
        imported.duplicate,
        imported.rejected,
    )
}

#[test]
fn every_valid_row_is_accepted_and_the_others_are_told() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let mut conn = db.pool().acquire().await?;
        let listed = NewExclusion {
            phone_number: "+393330000009".parse()?,
            reason: None,
        };
        let mut rng = StdRng::seed_from_u64(1);
        exclusion::add(
            &mut conn,
            &mut rng,
            NOW,
            &manager,
            ExclusionSource::Api,
            &listed,
        )
        .await?;
        let file = "\
Telefono;id;non chiamare;fuso orario;note
333 0000001;a\\b;no;Europe/London;x
333 0000002;;sì;;x
333 0000009;c;no;;x
112;d;no;;x
333 0000001;e;no;;x
333 0000003;a\\b;no;;x
333 0000004;\"'; DROP TABLE contacts; --\";no;Mars/Olympus;x
";
        let done = run(db.pool(), &manager, campaign, text(file), false).await?;
        assert_eq!(numbers(&done), (1, 2, 2, 2));
        assert_eq!(
            done.duplicates
                .iter()
                .map(|one| one.line)
                .collect::<Vec<_>>(),
            [6, 7]
        );
        let rejects: Vec<_> = done
            .rejects
            .iter()
            .map(|one| (one.line, one.column.as_deref()))
            .collect();
        assert_eq!(rejects, [(5, Some("Telefono")), (8, Some("fuso orario"))]);
        assert_eq!(done.ignored_columns, ["note"]);
        let row: (String, String, String, OffsetDateTime) = sqlx::query_as(
            "SELECT phone_number, external_contact_id, time_zone, next_attempt_at FROM contacts WHERE state = 'pending'",
        )
        .fetch_one(db.pool())
        .await?;
        assert_eq!(
            row,
            (
                "+393330000001".into(),
                "a\\b".into(),
                "Europe/London".into(),
                NOW
            )
        );
        let (user, after): (UserId, serde_json::Value) =
            sqlx::query_as("SELECT user_id, after FROM audit_log WHERE action = 'contacts.import'")
                .fetch_one(db.pool())
                .await?;
        assert_eq!(user, manager.id());
        assert_eq!(
            after,
            serde_json::json!({"accepted": 1, "excluded": 2, "duplicate": 2, "opted_out": 0, "rejected": 2})
        );
        Ok(())
    });
}

#[test]
fn a_second_import_of_the_same_file_adds_nothing() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let first = run(db.pool(), &manager, campaign, text(many(500)), false).await?;
        assert_eq!(numbers(&first), (500, 0, 0, 0));
        let second = run(db.pool(), &manager, campaign, text(many(500)), false).await?;
        assert_eq!(numbers(&second), (0, 0, 500, 0));
        Ok(())
    });
}

#[test]
fn the_same_person_ten_times_is_one_contact() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let file = format!("phone\n{}", "333 1234567\n+39 333 1234567\n".repeat(5));
        let done = run(db.pool(), &manager, campaign, text(file), false).await?;
        assert_eq!(numbers(&done), (1, 0, 9, 0));
        Ok(())
    });
}

/// The ids, and so the list, keep the order of the file, however the batches are sorted.
#[test]
fn contacts_stay_in_the_order_of_the_file() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let file = "phone\n333 0000003\n333 0000001\n333 0000002\n";
        run(db.pool(), &manager, campaign, text(file), false).await?;
        let listed: Vec<String> =
            sqlx::query_scalar("SELECT phone_number FROM contacts ORDER BY id")
                .fetch_all(db.pool())
                .await?;
        assert_eq!(listed, ["+393330000003", "+393330000001", "+393330000002"]);
        Ok(())
    });
}

#[test]
fn a_dry_run_tells_the_same_and_leaves_nothing() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let done = run(
            db.pool(),
            &manager,
            campaign,
            text(many(50) + "112,x\n"),
            true,
        )
        .await?;
        assert_eq!((numbers(&done), done.dry_run), ((50, 0, 0, 1), true));
        assert_eq!(count(db.pool(), ContactState::Pending).await?, 0);
        let logged: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_log")
            .fetch_one(db.pool())
            .await?;
        assert_eq!(logged, 0);
        Ok(())
    });
}

#[test]
fn ten_thousand_rejects_are_counted_and_written_and_a_thousand_are_told() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let file = format!("phone\n{}333 1234567\n", "112\n".repeat(10_000));
        let rejects = tempfile::NamedTempFile::new()?;
        let file = ContactFile::open(text(file), &FileOptions::default(), Some("IT".parse()?))?;
        let (mut rng, options) = (StdRng::seed_from_u64(1), ImportOptions::default());
        let to = Some(rejects.reopen()?);
        let done = import(
            db.pool(),
            &mut rng,
            NOW,
            &manager,
            campaign,
            file,
            to,
            options,
            |_| {},
        )
        .await?;
        assert_eq!(numbers(&done), (1, 0, 0, 10_000));
        assert_eq!(done.rejects.len(), 1_000);
        assert_eq!(
            std::fs::read_to_string(rejects.path())?.lines().count(),
            10_001
        );
        Ok(())
    });
}

#[test]
fn a_campaign_that_is_over_or_unknown_and_a_viewer_import_nothing() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let viewer = a_user(&mut *db.pool().acquire().await?, UserRole::Viewer).await?;
        let error = run(db.pool(), &viewer, campaign, text(many(1)), false)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Forbidden(_)), "{error:?}");
        let nowhere = CampaignId::generate(NOW, &mut StdRng::seed_from_u64(1));
        let error = run(db.pool(), &manager, nowhere, text(many(1)), false)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::UnknownCampaign(_)), "{error:?}");
        sqlx::query("UPDATE campaigns SET status = 'cancelled'")
            .execute(db.pool())
            .await?;
        let error = run(db.pool(), &manager, campaign, text(many(1)), false)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::CampaignOver { .. }), "{error:?}");
        Ok(())
    });
}

/// Among many others: each person is looked up, and the table is never read as a whole.
#[test]
fn an_import_scans_no_contacts() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        run(db.pool(), &manager, campaign, text(many(25_000)), false).await?;
        let mut conn = db.pool().acquire().await?;
        sqlx::query("ANALYZE").execute(&mut *conn).await?;
        let scans = "SELECT pg_stat_get_numscans('contacts'::regclass)";
        sqlx::query("SELECT pg_stat_force_next_flush()")
            .execute(&mut *conn)
            .await?;
        let before: i64 = sqlx::query_scalar(scans).fetch_one(&mut *conn).await?;
        let file = many(26_000);
        let done = run(db.pool(), &manager, campaign, text(file), false).await?;
        assert_eq!(numbers(&done), (1_000, 0, 25_000, 0));
        let mut sessions = Vec::new();
        while let Some(session) = db.pool().try_acquire() {
            sessions.push(session);
        }
        for session in &mut sessions {
            sqlx::query("SELECT pg_stat_force_next_flush()")
                .execute(&mut **session)
                .await?;
        }
        let after: i64 = sqlx::query_scalar(scans).fetch_one(&mut *conn).await?;
        assert_eq!(after, before, "scans of the whole table");
        Ok(())
    });
}

/// An opt-out is never lost: neither in a row that comes again nor beside one that says otherwise.
#[test]
fn who_asks_later_not_to_be_called_is_not() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let first = text("phone_number,id,do_not_call\n3331234567,A,no\n3331234568,B,no\n");
        run(db.pool(), &manager, campaign, first, false).await?;
        yesterday(db.pool()).await?;
        let mut second = String::from(
            "phone_number,id,do_not_call\n\
             3331234567,A,yes\n\
             3339999999,B,yes\n\
             3331234569,C,no\n\
             3331234569,C,yes\n\
             3331234570,D,no\n",
        );
        for n in 0..10_000 {
            writeln!(second, "333{n:07},id-{n},no")?;
        }
        second += "3331234570,D,yes\n";
        let done = run(db.pool(), &manager, campaign, text(second), false).await?;
        assert_eq!(numbers(&done), (10_000, 2, 4, 0));
        assert_eq!(done.opted_out, 2);
        assert_eq!(count(db.pool(), ContactState::Excluded).await?, 4);
        assert_eq!(count(db.pool(), ContactState::Pending).await?, 10_000);
        Ok(())
    });
}

/// A row that is the first person by number and the second by id asks for both, wherever a batch ends.
#[test]
fn who_asks_is_meant_by_number_and_by_id() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let before = text("phone_number,id,do_not_call\n3331234560,Z,no\n");
        run(db.pool(), &manager, campaign, before, false).await?;
        yesterday(db.pool()).await?;
        let file = text(
            "phone_number,id,do_not_call\n\
             3331234567,X,no\n\
             3331234568,Y,no\n\
             3331234567,Y,yes\n\
             3331234567,Z,yes\n\
             3331234569,W,no\n",
        );
        let done = run(db.pool(), &manager, campaign, file, false).await?;
        assert_eq!(numbers(&done), (1, 2, 2, 0));
        assert_eq!(count(db.pool(), ContactState::Excluded).await?, 3);
        assert_eq!(count(db.pool(), ContactState::Pending).await?, 1);
        Ok(())
    });
}
