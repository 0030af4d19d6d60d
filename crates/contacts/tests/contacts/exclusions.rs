//! The do-not-call list: whoever is on it is dialled in no campaign.

use sqlx::PgConnection;
use vsa_contacts::exclusion::{Excluded, NewExclusion, add, entry, list, remove};
use vsa_contacts::{Error, PhoneNumber};
use vsa_db::enums::{ContactState, ExclusionSource, UserRole};
use vsa_db::ids::{CampaignId, ContactId};
use vsa_db::page::PageSize;

use crate::support::{
    NOW, a_campaign, a_contact, a_manager, a_number, a_rng, a_user, added, again, log,
    wait_for_lock,
};

fn an_exclusion(number: &PhoneNumber) -> NewExclusion {
    NewExclusion {
        phone_number: number.clone(),
        reason: Some("Said so on the phone".into()),
    }
}

#[test]
fn a_number_that_is_added_excludes_whoever_has_it_in_every_campaign() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let mut contacts = Vec::new();
        for n in 0..3 {
            let campaign = a_campaign(&mut conn, &manager, n).await?;
            contacts.push(
                added(db.pool(), &manager, campaign, 1 + u32::try_from(n)? / 2)
                    .await?
                    .id,
            );
        }
        let new = an_exclusion(&a_number(1));
        let source = ExclusionSource::Manual;
        let done = add(&mut conn, &mut rng, NOW, &manager, source, &new).await?;
        assert_eq!(
            done,
            Excluded {
                added: 1,
                already_there: 0,
                contacts: 2
            }
        );
        for (contact, state) in contacts.iter().zip([
            ContactState::Excluded,
            ContactState::Excluded,
            ContactState::Pending,
        ]) {
            let contact = again(&mut conn, *contact).await?;
            assert_eq!(contact.state, state);
            assert_eq!(
                contact.next_attempt_at.is_none(),
                state == ContactState::Excluded
            );
        }
        let found = entry(&mut conn, &a_number(1)).await?.expect("an entry");
        assert_eq!(found.reason.as_deref(), Some("Said so on the phone"));
        let logged = log(&mut conn).await?.pop().expect("an entry");
        assert_eq!(logged.action, "exclusion.add");
        assert_eq!(logged.subject_id, Some(found.id.as_uuid()));
        assert!(!format!("{logged:?}").contains("3906"), "{logged:?}");
        Ok(())
    });
}

/// "Excluded from any state that is not final."
#[test]
fn who_is_done_keeps_the_outcome() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &manager, 1).await?;
        for (number, state) in (1..).zip(ContactState::ALL) {
            let id = added(db.pool(), &manager, campaign, number).await?.id;
            sqlx::query!(
                "UPDATE contacts SET state = $2 WHERE id = $1",
                id as ContactId,
                *state as ContactState,
            )
            .execute(&mut *conn)
            .await?;
            let new = an_exclusion(&a_number(number));
            add(
                &mut conn,
                &mut rng,
                NOW,
                &manager,
                ExclusionSource::Api,
                &new,
            )
            .await?;
            let is_final = !matches!(state, ContactState::Pending | ContactState::InProgress);
            let expected = if is_final {
                *state
            } else {
                ContactState::Excluded
            };
            assert_eq!(again(&mut conn, id).await?.state, expected, "{state}");
        }
        Ok(())
    });
}

#[test]
fn a_number_is_on_the_list_once_and_its_first_entry_stays() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let mut new = an_exclusion(&a_number(1));
        add(
            &mut conn,
            &mut rng,
            NOW,
            &manager,
            ExclusionSource::Manual,
            &new,
        )
        .await?;
        new.reason = Some("Another".into());
        let done = add(
            &mut conn,
            &mut rng,
            NOW,
            &manager,
            ExclusionSource::Api,
            &new,
        )
        .await?;
        assert_eq!(
            done,
            Excluded {
                added: 0,
                already_there: 1,
                contacts: 0
            }
        );
        let found = entry(&mut conn, &a_number(1)).await?.expect("an entry");
        assert_eq!(found.source, ExclusionSource::Manual);
        assert_eq!(
            log(&mut conn).await?.len(),
            1,
            "what changed nothing is not on record"
        );
        Ok(())
    });
}

/// "Screening each new contact."
#[test]
fn whoever_is_on_the_list_is_added_as_excluded() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let admin = a_user(&mut conn, UserRole::Admin).await?;
        let campaign = a_campaign(&mut conn, &admin, 1).await?;
        let new = an_exclusion(&a_number(1));
        add(
            &mut conn,
            &mut rng,
            NOW,
            &admin,
            ExclusionSource::Manual,
            &new,
        )
        .await?;
        let contact = added(db.pool(), &admin, campaign, 1).await?;
        assert_eq!(
            (contact.state, contact.next_attempt_at),
            (ContactState::Excluded, None)
        );

        let removed = remove(&mut conn, &mut rng, NOW, &admin, &a_number(1)).await?;
        assert_eq!(
            log(&mut conn).await?.pop().expect("an entry").subject_id,
            Some(removed.as_uuid())
        );
        assert_eq!(entry(&mut conn, &a_number(1)).await?, None);
        let stays = again(&mut conn, contact.id).await?;
        assert_eq!(
            stays.state,
            ContactState::Excluded,
            "who was excluded stays so"
        );
        let other = a_campaign(&mut conn, &admin, 2).await?;
        let mut tx = db.pool().begin().await?;
        let contact =
            vsa_contacts::add(&mut tx, &mut rng, NOW, &admin, other, &a_contact(1)).await?;
        assert_eq!(contact.state, ContactState::Pending);
        let error = remove(&mut conn, &mut rng, NOW, &admin, &a_number(1))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::NotExcluded), "{error:?}");
        Ok(())
    });
}

/// A contact is being added while the number comes onto the list: whichever is first, the contact is
/// excluded in the end.
#[test]
fn nobody_excluded_ends_dialable_however_the_two_meet() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &manager, 1).await?;
        for (number, contact_first) in [(1, true), (2, false)] {
            let new = an_exclusion(&a_number(number));
            let mut first = db.pool().begin().await?;
            let mut second = db.pool().begin().await?;
            let contact = a_contact(number);
            if contact_first {
                vsa_contacts::add(&mut first, &mut rng, NOW, &manager, campaign, &contact).await?;
            } else {
                add(
                    &mut first,
                    &mut rng,
                    NOW,
                    &manager,
                    ExclusionSource::Api,
                    &new,
                )
                .await?;
            }
            let waits = async {
                let mut rng = a_rng();
                if contact_first {
                    add(
                        &mut second,
                        &mut rng,
                        NOW,
                        &manager,
                        ExclusionSource::Api,
                        &new,
                    )
                    .await?;
                } else {
                    vsa_contacts::add(&mut second, &mut rng, NOW, &manager, campaign, &contact)
                        .await?;
                }
                second.commit().await?;
                anyhow::Ok(())
            };
            let commits = async {
                wait_for_lock(&mut conn).await?;
                first.commit().await?;
                anyhow::Ok(())
            };
            let (waits, commits) = tokio::join!(waits, commits);
            waits?;
            commits?;
            let number = a_number(number);
            let state = sqlx::query_scalar!(
                "SELECT state FROM contacts WHERE campaign_id = $1 AND phone_number = $2",
                campaign as CampaignId,
                number.as_str(),
            )
            .fetch_one(&mut *conn)
            .await?;
            assert_eq!(
                state,
                ContactState::Excluded,
                "contact first: {contact_first}"
            );
        }
        Ok(())
    });
}

#[test]
fn pages_hold_every_entry_once() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        for number in 1..=5 {
            let now = NOW + time::Duration::seconds(i64::from(number));
            let new = an_exclusion(&a_number(number));
            add(
                &mut conn,
                &mut rng,
                now,
                &manager,
                ExclusionSource::Manual,
                &new,
            )
            .await?;
        }
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = list(&mut conn, after, PageSize::new(2)?).await?;
            seen.extend(page.items.into_iter().map(|entry| entry.phone_number));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let expected: Vec<String> = (1..=5).map(|n| a_number(n).as_str().to_owned()).collect();
        assert_eq!(seen, expected);
        Ok(())
    });
}

/// One number in a hundred campaigns of ten thousand contacts: a look-up by number, no scan.
#[test]
fn excluding_a_number_scans_no_contacts() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        for n in 0..10 {
            let campaign = a_campaign(&mut conn, &manager, n).await?;
            sqlx::query!(
                r#"
                INSERT INTO contacts (campaign_id, phone_number, next_attempt_at)
                SELECT $1, '+39' || number, $2
                FROM generate_series(1000000, 1003000) AS number
                "#,
                campaign as CampaignId,
                NOW,
            )
            .execute(&mut *conn)
            .await?;
        }
        sqlx::query!("ANALYZE contacts").execute(&mut *conn).await?;
        let scans = scans(&mut conn).await?;
        let new = an_exclusion(&"+391001000".parse()?);
        let done = add(
            &mut conn,
            &mut rng,
            NOW,
            &manager,
            ExclusionSource::Api,
            &new,
        )
        .await?;
        assert_eq!(done.contacts, 10);
        assert_eq!(
            self::scans(&mut conn).await?,
            scans,
            "scans of the whole table"
        );
        Ok(())
    });
}

async fn scans(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query!(r#"SELECT pg_stat_force_next_flush()::text AS "flushed""#)
        .fetch_one(&mut *conn)
        .await?;
    sqlx::query_scalar!(r#"SELECT pg_stat_get_numscans('contacts'::regclass) AS "scans!""#)
        .fetch_one(conn)
        .await
}

/// The import of a long file may hold the list for a while; nobody's wish is refused because of it.
#[test]
fn whoever_puts_a_number_on_the_list_is_patient() {
    test_db::run(async |db| {
        let mut tx = db.pool().begin().await?;
        let manager = a_manager(&mut tx).await?;
        let patience = "SELECT current_setting('lock_timeout')::interval > interval '1 min'
            AND current_setting('statement_timeout')::interval > interval '1 min'";
        let new = an_exclusion(&a_number(1));
        add(
            &mut tx,
            &mut a_rng(),
            NOW,
            &manager,
            ExclusionSource::Manual,
            &new,
        )
        .await?;
        let is_patient: bool = sqlx::query_scalar(patience).fetch_one(&mut *tx).await?;
        assert!(is_patient);
        Ok(())
    });
}
