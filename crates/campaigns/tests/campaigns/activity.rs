//! When calls were made.

use time::macros::{date, datetime};
use vsa_campaigns::stats::{activity, fold};
use vsa_db::enums::ContactState;
use vsa_db::ids::{CampaignId, ContactId};

use crate::support::{NOW, a_campaign, a_manager, a_rng, contacts};

/// Hours are UTC, days those of the campaign: 23:30 in Rome is 22:30 UTC. That a call ends changes nothing.
#[test]
fn calls_are_counted_by_the_hour_and_by_the_day_of_the_campaign() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_campaign(&mut conn, &mut rng, &manager).await?.id;
        let ids = contacts(&mut conn, id, ContactState::Pending, 0..6).await?;
        let times = [
            datetime!(2026-11-20 22:30 UTC),
            datetime!(2026-11-20 23:30 UTC),
            datetime!(2026-11-22 09:10 UTC),
            datetime!(2026-11-22 09:50 UTC),
            // Early on the last day that is shown, and late on the one before it.
            datetime!(2026-10-23 00:30 UTC),
            datetime!(2026-10-22 21:30 UTC),
        ];
        for (contact, at) in ids.iter().zip(times) {
            sqlx::query!(
                r#"
                INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at)
                VALUES ($1, $2, 1, gen_random_uuid()::text, $3)
                "#,
                *contact as ContactId,
                id as CampaignId,
                at,
            )
            .execute(&mut *conn)
            .await?;
        }
        for ended in [0, 3, 6] {
            sqlx::query!(
                r#"
                UPDATE call_attempts SET outcome = 'no_answer', ended_at = started_at
                WHERE contact_id = ANY($1) AND outcome IS NULL
                "#,
                &ids[..ended] as &[ContactId],
            )
            .execute(&mut *conn)
            .await?;
            let found = activity(&mut conn, NOW, id).await?;
            let hours: Vec<_> = found
                .hours
                .iter()
                .map(|hour| (hour.hour, hour.calls))
                .collect();
            assert_eq!(hours, [(datetime!(2026-11-22 09:00 UTC), 2)]);
            let days: Vec<_> = found.days.iter().map(|day| (day.day, day.calls)).collect();
            assert_eq!(
                days,
                [
                    (date!(2026 - 11 - 22), 2),
                    (date!(2026 - 11 - 21), 1),
                    (date!(2026 - 11 - 20), 1),
                    (date!(2026 - 10 - 23), 1)
                ]
            );
            fold(&mut conn).await?;
        }
        Ok(())
    });
}
