//! Who may do what.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sqlx::PgConnection;
use time::OffsetDateTime;
use time::macros::datetime;
use vsa_db::actor::{Actor, ActorError, Permission};
use vsa_db::enums::UserRole;
use vsa_db::ids::UserId;

const NOW: OffsetDateTime = datetime!(2026-11-27 10:00 UTC);

async fn a_user(conn: &mut PgConnection, role: UserRole) -> sqlx::Result<UserId> {
    let id = UserId::generate(NOW, &mut StdRng::seed_from_u64(role as u64));
    sqlx::query(
        "INSERT INTO users (id, oidc_sub, email, name, role) VALUES ($1, $2, $3, 'Somebody', $4)",
    )
    .bind(id)
    .bind(format!("sub-{role:?}"))
    .bind(format!("{role:?}@Example.com"))
    .bind(role)
    .execute(conn)
    .await?;
    Ok(id)
}

#[test]
fn a_viewer_changes_nothing_a_manager_nearly_everything_an_admin_everything() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        for (role, may_not) in [
            (UserRole::Viewer, &Permission::ALL[..]),
            (UserRole::CampaignManager, &[Permission::Unexclude]),
            (UserRole::Admin, &[]),
        ] {
            let id = a_user(&mut conn, role).await?;
            let actor = Actor::by_id(&mut conn, id).await?;
            assert_eq!((actor.id(), actor.role()), (id, role));
            let refused: Vec<_> = Permission::ALL
                .into_iter()
                .filter(|permission| actor.may(*permission).is_err())
                .collect();
            assert_eq!(refused, may_not, "{role:?}");
        }
        Ok(())
    });
}

#[test]
fn a_user_is_found_by_address_whatever_its_case() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let id = a_user(&mut conn, UserRole::Admin).await?;
        let actor = Actor::by_email(&mut conn, "aDMIN@example.COM").await?;
        assert_eq!(actor.id(), id);
        Ok(())
    });
}

/// The address is not repeated: it may be somebody's all the same.
#[test]
fn who_is_not_there_cannot_act() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let error = Actor::by_email(&mut conn, "nobody@example.com")
            .await
            .unwrap_err();
        assert!(matches!(error, ActorError::Unknown), "{error:?}");
        assert!(!error.to_string().contains("nobody@"), "{error}");
        let nobody = UserId::generate(NOW, &mut StdRng::seed_from_u64(9));
        let error = Actor::by_id(&mut conn, nobody).await.unwrap_err();
        assert!(matches!(error, ActorError::Unknown), "{error:?}");
        Ok(())
    });
}

#[test]
fn a_refusal_says_whom_to_ask() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let id = a_user(&mut conn, UserRole::Viewer).await?;
        let viewer = Actor::by_id(&mut conn, id).await?;
        let said = |permission| viewer.may(permission).unwrap_err().to_string();
        assert_eq!(
            said(Permission::ExportResults),
            "a viewer may not export results: ask a campaign manager or an admin"
        );
        assert_eq!(
            said(Permission::Unexclude),
            "a viewer may not take a number off the do-not-call list: ask an admin"
        );
        Ok(())
    });
}
