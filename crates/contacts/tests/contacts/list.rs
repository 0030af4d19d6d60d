//! Lists of contacts, and from what people type to one.

use sqlx::PgConnection;
use vsa_contacts::find::{find, with_number};
use vsa_contacts::{Error, add, get, list};
use vsa_db::enums::ContactState;
use vsa_db::ids::{CampaignId, ContactId};
use vsa_db::page::PageSize;

use crate::support::{NOW, a_campaign, a_contact, a_manager, a_number, a_rng, added};

#[test]
fn pages_hold_every_contact_once_in_the_order_they_came() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = a_rng();
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &manager, 1).await?;
        for (number, second) in [5, 3, 1, 4, 2].into_iter().zip(0..) {
            let now = NOW + time::Duration::seconds(second);
            add(
                &mut conn,
                &mut rng,
                now,
                &manager,
                campaign,
                &a_contact(number),
            )
            .await?;
        }

        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = list(&mut conn, campaign, None, after, PageSize::new(2)?).await?;
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
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &manager, 1).await?;
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

        let first = list(&mut conn, campaign, None, None, PageSize::default()).await?;
        list(&mut conn, campaign, None, first.next, PageSize::default()).await?;

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

#[test]
fn contacts_of_one_state_can_be_listed() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &manager, 1).await?;
        let mut asked = a_contact(2);
        asked.do_not_call = true;
        added(db.pool(), &manager, campaign, 1).await?;
        let mut rng = a_rng();
        let excluded = add(&mut conn, &mut rng, NOW, &manager, campaign, &asked).await?;
        let state = Some(ContactState::Excluded);
        let page = list(&mut conn, campaign, state, None, PageSize::default()).await?;
        assert_eq!(page.items, [excluded]);
        Ok(())
    });
}

#[test]
fn a_contact_is_found_by_the_beginning_of_its_id() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &manager, 1).await?;
        let one = added(db.pool(), &manager, campaign, 1).await?.id;
        let text = one.to_string();
        assert_eq!(find(&mut conn, &text).await?, one);
        assert_eq!(find(&mut conn, &text[..8]).await?, one);
        assert_eq!(get(&mut conn, one).await?.id, one);
        let other = added(db.pool(), &manager, campaign, 2).await?.id;
        let error = find(&mut conn, &text[..8]).await.unwrap_err();
        assert!(
            matches!(&error, Error::Ambiguous { candidates, .. } if candidates.contains(&other)),
            "{error:?}"
        );
        for none in ["ffff", "Maria", "'; --"] {
            let error = find(&mut conn, none).await.unwrap_err();
            assert!(matches!(error, Error::Unknown(_)), "{error:?}");
        }
        Ok(())
    });
}

#[test]
fn a_number_is_found_in_every_campaign() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let manager = a_manager(&mut conn).await?;
        let mut expected: Vec<ContactId> = Vec::new();
        for n in 0..5 {
            let campaign = a_campaign(&mut conn, &manager, n).await?;
            expected.push(added(db.pool(), &manager, campaign, 1).await?.id);
        }
        expected.sort();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = with_number(&mut conn, &a_number(1), after, PageSize::new(2)?).await?;
            seen.extend(page.items.into_iter().map(|contact| contact.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected);
        Ok(())
    });
}
