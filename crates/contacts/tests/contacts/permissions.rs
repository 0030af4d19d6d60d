//! Who may do what: every operation that changes something, as every role.

use vsa_contacts::erase::{erase_contact, erase_number};
use vsa_contacts::exclusion::{self, NewExclusion};
use vsa_contacts::{Error, add};
use vsa_db::actor::Actor;
use vsa_db::enums::{ExclusionSource, UserRole};

use crate::support::{NOW, a_campaign, a_contact, a_manager, a_number, a_rng, a_user, added};

async fn refused(
    pool: &sqlx::PgPool,
    actor: &Actor,
    campaign: vsa_db::ids::CampaignId,
    contact: vsa_db::ids::ContactId,
) -> anyhow::Result<Vec<&'static str>> {
    let mut tx = pool.begin().await?;
    let mut rng = a_rng();
    let new = NewExclusion {
        phone_number: a_number(8),
        reason: None,
    };
    let source = ExclusionSource::Manual;
    let results = [
        (
            "add",
            add(&mut tx, &mut rng, NOW, actor, campaign, &a_contact(9))
                .await
                .map(drop),
        ),
        (
            "exclude",
            exclusion::add(&mut tx, &mut rng, NOW, actor, source, &new)
                .await
                .map(drop),
        ),
        (
            "unexclude",
            exclusion::remove(&mut tx, &mut rng, NOW, actor, &a_number(8))
                .await
                .map(drop),
        ),
        (
            "erase a contact",
            erase_contact(&mut tx, &mut rng, NOW, actor, contact)
                .await
                .map(drop),
        ),
        (
            "erase a number",
            erase_number(&mut tx, &mut rng, NOW, actor, &a_number(2))
                .await
                .map(drop),
        ),
    ];
    let refused = results
        .into_iter()
        .filter(|(_, result)| matches!(result, Err(Error::Forbidden(_))));
    Ok(refused.map(|(name, _)| name).collect())
}

#[test]
fn a_viewer_changes_nothing_and_taking_a_number_off_the_list_takes_an_admin() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &manager, 1).await?;
        let contact = added(db.pool(), &manager, campaign, 1).await?.id;
        added(db.pool(), &manager, campaign, 2).await?;
        let everything = [
            "add",
            "exclude",
            "unexclude",
            "erase a contact",
            "erase a number",
        ];
        for (role, expected) in [
            (UserRole::Viewer, &everything[..]),
            (UserRole::CampaignManager, &["unexclude"]),
            (UserRole::Admin, &[]),
        ] {
            let actor = a_user(&mut conn, role).await?;
            assert_eq!(
                refused(db.pool(), &actor, campaign, contact).await?,
                expected,
                "{role}"
            );
        }
        Ok(())
    });
}
