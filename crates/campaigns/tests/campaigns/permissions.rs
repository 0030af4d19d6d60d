//! Who may do what: every operation that changes something or takes results out, as every role.

use time::Duration;
use vsa_campaigns::export::export;
use vsa_campaigns::history::history;
use vsa_campaigns::lifecycle::{activate, cancel, complete, pause, resume, schedule};
use vsa_campaigns::{Content, Error, create, edit, get};
use vsa_db::enums::UserRole;
use vsa_db::page::PageSize;

use crate::support::{NOW, a_content, a_manager, a_ready_campaign, a_rng, a_user, log};

#[test]
fn a_viewer_changes_nothing_and_exports_nothing() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let viewer = a_user(&mut conn, UserRole::Viewer).await?;
        let campaign = a_ready_campaign(&mut conn, &mut rng, &manager).await?;
        let (id, content) = (campaign.id, Content::of(&campaign));
        let at = NOW + Duration::DAY;
        let mut out = Vec::new();
        let results: [Result<(), Error>; 10] = [
            create(&mut conn, &mut rng, NOW, &viewer, &a_content())
                .await
                .map(drop),
            edit(&mut conn, &mut rng, NOW, &viewer, id, 1, &content)
                .await
                .map(drop),
            schedule(&mut conn, &mut rng, NOW, &viewer, id, None, at)
                .await
                .map(drop),
            activate(&mut conn, &mut rng, NOW, &viewer, id, None)
                .await
                .map(drop),
            pause(&mut conn, &mut rng, NOW, &viewer, id, None)
                .await
                .map(drop),
            resume(&mut conn, &mut rng, NOW, &viewer, id, None)
                .await
                .map(drop),
            complete(&mut conn, &mut rng, NOW, &viewer, id, None)
                .await
                .map(drop),
            cancel(&mut conn, &mut rng, NOW, &viewer, id, None)
                .await
                .map(drop),
            export(db.pool(), &mut rng, NOW, &viewer, id, &mut out, |_| {})
                .await
                .map(drop),
            history(&mut conn, &viewer, id, None, PageSize::default())
                .await
                .map(drop),
        ];
        for result in results {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Forbidden(_)), "{error:?}");
        }
        assert!(out.is_empty());
        assert_eq!(get(&mut conn, id).await?, campaign);
        assert_eq!(
            log(&mut conn).await?.len(),
            1,
            "the creation by the manager alone"
        );
        Ok(())
    });
}

#[test]
fn an_admin_may_do_what_a_manager_may() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let admin = a_user(&mut conn, UserRole::Admin).await?;
        let id = a_ready_campaign(&mut conn, &mut rng, &admin).await?.id;
        activate(&mut conn, &mut rng, NOW, &admin, id, None).await?;
        let mut out = Vec::new();
        export(db.pool(), &mut rng, NOW, &admin, id, &mut out, |_| {}).await?;
        let page = history(&mut conn, &admin, id, None, PageSize::default()).await?;
        let actions: Vec<_> = page.items.iter().map(|entry| &*entry.action).collect();
        assert_eq!(actions.len(), 3, "{actions:?}");
        Ok(())
    });
}
