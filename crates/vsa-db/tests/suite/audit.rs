//! The record of who did what.

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::json;
use sqlx::AssertSqlSafe;
use time::OffsetDateTime;
use time::macros::datetime;
use vsa_db::audit::{Action, Change, record};
use vsa_db::error::sqlstate;
use vsa_db::ids::CampaignId;
use vsa_db::models::AuditEntry;

const NOW: OffsetDateTime = datetime!(2026-11-27 10:00 UTC);

#[test]
fn an_entry_says_what_was_done_to_what_and_when() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let campaign = CampaignId::generate(NOW, &mut rng);
        let change = Change {
            campaign: Some(campaign),
            before: Some(json!({"max_attempts": 3})),
            after: Some(json!({"max_attempts": 5})),
            ..Change::new(Action::CampaignEdit)
        };
        let id = record(&mut conn, &mut rng, NOW, None, &change).await?;
        let entry: AuditEntry = sqlx::query_as("SELECT * FROM audit_log")
            .fetch_one(&mut *conn)
            .await?;
        let expected = AuditEntry {
            id,
            user_id: None,
            action: "campaign.edit".into(),
            campaign_id: Some(campaign.as_uuid()),
            subject_id: None,
            before: change.before,
            after: change.after,
            created_at: NOW,
        };
        assert_eq!(entry, expected);
        Ok(())
    });
}

#[test]
fn every_action_has_a_name_the_log_takes() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = StdRng::seed_from_u64(1);
        for action in Action::ALL {
            record(&mut conn, &mut rng, NOW, None, &Change::new(*action)).await?;
        }
        let names: i64 = sqlx::query_scalar("SELECT count(DISTINCT action) FROM audit_log")
            .fetch_one(&mut *conn)
            .await?;
        assert_eq!(usize::try_from(names)?, Action::ALL.len());
        Ok(())
    });
}

#[test]
fn what_was_recorded_can_be_neither_changed_nor_deleted() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let change = Change::new(Action::ContactErase);
        record(&mut conn, &mut rng, NOW, None, &change).await?;
        for attempt in [
            "UPDATE audit_log SET action = 'nothing.happened'",
            "DELETE FROM audit_log",
            "TRUNCATE audit_log",
        ] {
            let error = sqlx::query(AssertSqlSafe(attempt))
                .execute(&mut *conn)
                .await
                .unwrap_err();
            assert_eq!(sqlstate(&error).as_deref(), Some("42501"), "{attempt}");
        }
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_log")
            .fetch_one(&mut *conn)
            .await?;
        assert_eq!(left, 1);
        Ok(())
    });
}
