//! Adding contacts and listing them page by page.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sqlx::PgConnection;
use time::OffsetDateTime;
use time::macros::datetime;
use vsa_contacts::{Error, NewContact, add, list};
use vsa_db::enums::ContactState;
use vsa_db::ids::{CampaignId, UserId};
use vsa_db::page::PageSize;

const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

async fn a_campaign(conn: &mut PgConnection, rng: &mut StdRng) -> sqlx::Result<CampaignId> {
    let user = UserId::generate(NOW, rng);
    let campaign = CampaignId::generate(NOW, rng);
    sqlx::query!(
        r#"
        WITH creator AS (
            INSERT INTO users (id, oidc_sub, email, name)
            VALUES ($1, 'sub-1', 'manager@example.com', 'A Manager')
            RETURNING id
        )
        INSERT INTO campaigns (
            id, name, intro_script,
            question_1_text, question_1_type,
            question_2_text, question_2_type,
            question_3_text, question_3_type,
            created_by_user_id
        )
        SELECT
            $2, 'City services', 'Good morning',
            'One?', 'scale',
            'Two?', 'numeric',
            'Three?', 'free_text',
            id
        FROM creator
        "#,
        user as UserId,
        campaign as CampaignId,
    )
    .execute(conn)
    .await?;
    Ok(campaign)
}

fn a_contact(number: u32) -> NewContact {
    NewContact::new(format!("+3906{number:07}").parse().expect("a number"))
}

#[test]
fn a_new_contact_is_due_at_once() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let campaign = a_campaign(&mut conn, &mut rng).await?;

        let added = add(&mut conn, &mut rng, NOW, campaign, &a_contact(1)).await?;

        assert_eq!(added.state, ContactState::Pending);
        assert_eq!(added.next_attempt_at, Some(NOW));
        assert_eq!(added.attempts_count, 0);
        let page = list(&mut conn, campaign, None, PageSize::default()).await?;
        assert_eq!(page.items, [added]);
        assert_eq!(page.next, None);
        Ok(())
    });
}

#[test]
fn excluded_people_are_stored_and_never_due() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let campaign = a_campaign(&mut conn, &mut rng).await?;
        let (listed, mut asked) = (a_contact(1), a_contact(2));
        asked.do_not_call = true;
        sqlx::query!(
            r#"
            INSERT INTO exclusion_list_entries (phone_number)
            VALUES ($1)
            "#,
            listed.phone_number.as_str(),
        )
        .execute(&mut *conn)
        .await?;

        for new in [listed, asked] {
            let added = add(&mut conn, &mut rng, NOW, campaign, &new).await?;
            assert_eq!(added.state, ContactState::Excluded);
            assert_eq!(added.next_attempt_at, None);
        }
        Ok(())
    });
}

#[test]
fn a_second_contact_of_one_number_or_external_id_is_refused() {
    test_db::run(async |db| {
        let mut tx = db.pool().begin().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let campaign = a_campaign(&mut tx, &mut rng).await?;
        let mut first = a_contact(1);
        first.external_contact_id = Some("c-1".into());
        let mut same_id = a_contact(2);
        same_id.external_contact_id = Some("c-1".into());
        add(&mut tx, &mut rng, NOW, campaign, &first).await?;

        for clash in [&first, &same_id] {
            let error = add(&mut tx, &mut rng, NOW, campaign, clash)
                .await
                .unwrap_err();
            assert!(
                matches!(error, Error::AlreadyExists(id) if id == campaign),
                "{error:?}"
            );
        }

        // The clash did not poison the transaction.
        add(&mut tx, &mut rng, NOW, campaign, &a_contact(3)).await?;
        tx.commit().await?;
        Ok(())
    });
}

#[test]
fn unknown_campaigns_and_impossible_time_zones_are_named() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let nowhere = CampaignId::generate(NOW, &mut rng);
        let error = add(&mut conn, &mut rng, NOW, nowhere, &a_contact(1))
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::UnknownCampaign(id) if id == nowhere),
            "{error:?}"
        );

        let campaign = a_campaign(&mut conn, &mut rng).await?;
        for zone in ["", "Europe/Rom"] {
            let mut new = a_contact(1);
            new.time_zone = Some(zone.into());
            let error = add(&mut conn, &mut rng, NOW, campaign, &new)
                .await
                .unwrap_err();
            assert!(
                matches!(&error, Error::TimeZone(name) if name == zone),
                "{error:?}"
            );
        }
        Ok(())
    });
}

#[test]
fn pages_hold_every_contact_once_in_the_order_they_came() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let campaign = a_campaign(&mut conn, &mut rng).await?;
        for (number, second) in [5, 3, 1, 4, 2].into_iter().zip(0..) {
            let now = NOW + time::Duration::seconds(second);
            add(&mut conn, &mut rng, now, campaign, &a_contact(number)).await?;
        }

        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = list(&mut conn, campaign, after, PageSize::new(2)?).await?;
            seen.extend(
                page.items
                    .into_iter()
                    .filter_map(|contact| contact.phone_number),
            );
            after = page.next;
            if after.is_none() {
                break;
            }
        }

        let all: Vec<String> = [5, 3, 1, 4, 2].map(|n| format!("+3906{n:07}")).into();
        assert_eq!(seen, all);
        Ok(())
    });
}

/// The list reads a page's worth of an index, however many contacts there are.
#[test]
fn a_page_costs_an_index_range_and_no_scan_of_the_table() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let campaign = a_campaign(&mut conn, &mut rng).await?;
        sqlx::query!(
            r#"
            INSERT INTO contacts (campaign_id, phone_number)
            SELECT $1, '+39' || number
            FROM generate_series(1000000, 1030000) AS number
            "#,
            campaign as CampaignId,
        )
        .execute(&mut *conn)
        .await?;
        sqlx::query!("ANALYZE contacts").execute(&mut *conn).await?;
        let before = rows_read(&mut conn).await?;

        let first = list(&mut conn, campaign, None, PageSize::default()).await?;
        list(&mut conn, campaign, first.next, PageSize::default()).await?;

        let after = rows_read(&mut conn).await?;
        assert_eq!(after.0, before.0, "scans of the whole table");
        assert!(
            after.1 - before.1 <= 2 * 101 + 1,
            "{} rows by index",
            after.1 - before.1
        );
        Ok(())
    });
}

/// Scans of the whole table of contacts so far, and rows fetched by index.
async fn rows_read(conn: &mut PgConnection) -> sqlx::Result<(i64, i64)> {
    sqlx::query!(r#"SELECT pg_stat_force_next_flush()::text AS "flushed""#)
        .fetch_one(&mut *conn)
        .await?;
    let read = sqlx::query!(
        r#"
        SELECT
            pg_stat_get_numscans('contacts'::regclass) AS "scans!",
            pg_stat_get_tuples_fetched('contacts'::regclass) AS "fetched!"
        "#
    )
    .fetch_one(conn)
    .await?;
    Ok((read.scans, read.fetched))
}
