//! Adding contacts one by one.

use vsa_contacts::{Error, add, list};
use vsa_db::enums::{CampaignStatus, ContactState};
use vsa_db::ids::CampaignId;
use vsa_db::page::PageSize;

use crate::support::{NOW, a_campaign, a_contact, a_manager, a_rng, ends, log};

#[test]
fn a_new_contact_is_due_at_once() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = a_rng();
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &manager, 1).await?;

        let added = add(&mut conn, &mut rng, NOW, &manager, campaign, &a_contact(1)).await?;

        assert_eq!(added.state, ContactState::Pending);
        assert_eq!(added.next_attempt_at, Some(NOW));
        assert_eq!(added.attempts_count, 0);
        let page = list(&mut conn, campaign, None, None, PageSize::default()).await?;
        assert_eq!(page.items, [added]);
        assert_eq!(page.next, None);
        Ok(())
    });
}

#[test]
fn excluded_people_are_stored_and_never_due() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = a_rng();
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &manager, 1).await?;
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
            let added = add(&mut conn, &mut rng, NOW, &manager, campaign, &new).await?;
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
        let mut rng = a_rng();
        let manager = a_manager(&mut tx).await?;
        let campaign = a_campaign(&mut tx, &manager, 1).await?;
        let mut first = a_contact(1);
        first.external_contact_id = Some("c-1".into());
        let mut same_id = a_contact(2);
        same_id.external_contact_id = Some("c-1".into());
        add(&mut tx, &mut rng, NOW, &manager, campaign, &first).await?;

        for clash in [&first, &same_id] {
            let error = add(&mut tx, &mut rng, NOW, &manager, campaign, clash)
                .await
                .unwrap_err();
            assert!(
                matches!(error, Error::AlreadyExists(id) if id == campaign),
                "{error:?}"
            );
        }

        // The clash did not poison the transaction.
        add(&mut tx, &mut rng, NOW, &manager, campaign, &a_contact(3)).await?;
        tx.commit().await?;
        Ok(())
    });
}

#[test]
fn unknown_campaigns_and_impossible_time_zones_are_named() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let manager = a_manager(&mut conn).await?;
        let mut rng = a_rng();
        let nowhere = CampaignId::generate(NOW, &mut rng);
        let error = add(&mut conn, &mut rng, NOW, &manager, nowhere, &a_contact(1))
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::UnknownCampaign(id) if id == nowhere),
            "{error:?}"
        );

        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &manager, 1).await?;
        for zone in ["", "Europe/Rom", "GMT+1", "CEST"] {
            let mut new = a_contact(1);
            new.time_zone = Some(zone.into());
            let error = add(&mut conn, &mut rng, NOW, &manager, campaign, &new)
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
fn a_campaign_that_is_over_takes_no_contacts() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &manager, 1).await?;
        for status in [CampaignStatus::Completed, CampaignStatus::Cancelled] {
            ends(&mut conn, campaign, status).await?;
            let error = add(&mut conn, &mut rng, NOW, &manager, campaign, &a_contact(1))
                .await
                .unwrap_err();
            let told = format!("campaign {campaign} is {status}: it takes no contacts any more");
            assert_eq!(error.to_string(), told);
        }
        Ok(())
    });
}

#[test]
fn what_was_added_is_on_record_without_the_number() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &manager, 1).await?;
        let contact = add(&mut conn, &mut rng, NOW, &manager, campaign, &a_contact(1)).await?;
        let entry = log(&mut conn).await?.pop().expect("an entry");
        assert_eq!(entry.action, "contact.add");
        assert_eq!(entry.subject_id, Some(contact.id.as_uuid()));
        assert_eq!(entry.user_id, Some(manager.id()));
        assert!(!format!("{entry:?}").contains("3906"), "{entry:?}");
        Ok(())
    });
}
