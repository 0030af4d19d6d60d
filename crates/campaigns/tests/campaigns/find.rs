//! From what people type to a campaign, and lists.

use vsa_campaigns::find::{find, list};
use vsa_campaigns::lifecycle::cancel;
use vsa_campaigns::{Error, create};
use vsa_db::enums::CampaignStatus;
use vsa_db::page::PageSize;

use crate::support::{NOW, a_campaign, a_content, a_manager, a_rng};

#[test]
fn a_campaign_is_found_by_name_by_id_and_by_the_beginning_of_its_id() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_campaign(&mut conn, &mut rng, &manager).await?.id;
        let text = id.to_string();
        for means in ["City services 2026", &text, &text[..4], &text[..20]] {
            assert_eq!(find(&mut conn, means).await?, id, "{means}");
        }
        for none in [
            "City",
            "",
            &text[..3],
            "ffff",
            "'; DROP TABLE campaigns; --",
        ] {
            let error = find(&mut conn, none).await.unwrap_err();
            assert!(matches!(error, Error::Unknown(_)), "{none}: {error:?}");
        }
        Ok(())
    });
}

#[test]
fn what_may_mean_several_is_answered_with_them() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let one = a_campaign(&mut conn, &mut rng, &manager).await?;
        let other = a_campaign(&mut conn, &mut rng, &manager).await?;
        for text in ["City services 2026", &one.id.to_string()[..8]] {
            let error = find(&mut conn, text).await.unwrap_err().to_string();
            for campaign in [&one, &other] {
                let named = format!("{} (City services 2026)", campaign.id);
                assert!(error.contains(&named), "{error}");
            }
        }
        Ok(())
    });
}

#[test]
fn pages_hold_every_campaign_once_the_newest_first() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let mut made = Vec::new();
        for second in 0..5 {
            let now = NOW + time::Duration::seconds(second);
            made.push(
                create(&mut conn, &mut rng, now, &manager, &a_content())
                    .await?
                    .id,
            );
        }
        cancel(&mut conn, &mut rng, NOW, &manager, made[1], None).await?;
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = list(&mut conn, None, after, PageSize::new(2)?).await?;
            seen.extend(page.items.into_iter().map(|campaign| campaign.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        made.reverse();
        assert_eq!(seen, made);
        let cancelled = list(
            &mut conn,
            Some(CampaignStatus::Cancelled),
            None,
            PageSize::default(),
        );
        let ids: Vec<_> = cancelled.await?.items.iter().map(|one| one.id).collect();
        assert_eq!(ids, [made[3]]);
        Ok(())
    });
}
