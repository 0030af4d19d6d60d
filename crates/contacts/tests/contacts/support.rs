//! What every test begins with.

use std::sync::atomic::{AtomicU64, Ordering};

use rand::SeedableRng;
use rand::rngs::StdRng;
use sqlx::PgConnection;
use time::OffsetDateTime;
use time::macros::datetime;
use vsa_contacts::{NewContact, PhoneNumber, add, get};
use vsa_db::actor::Actor;
use vsa_db::enums::{CampaignStatus, UserRole};
use vsa_db::ids::{CampaignId, ContactId, UserId};
use vsa_db::models::{AuditEntry, Contact};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

/// Each another one: the clock stands still here, so ids differ by nothing but chance.
pub(crate) fn a_rng() -> StdRng {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    StdRng::seed_from_u64(NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) async fn a_user(conn: &mut PgConnection, role: UserRole) -> anyhow::Result<Actor> {
    let id = UserId::generate(NOW, &mut StdRng::seed_from_u64(100 + role as u64));
    sqlx::query!(
        r#"
        INSERT INTO users (id, oidc_sub, email, name, role)
        VALUES ($1, $2, $2 || '@example.com', 'Somebody', $3)
        ON CONFLICT DO NOTHING
        "#,
        id as UserId,
        role.as_str(),
        role as UserRole,
    )
    .execute(&mut *conn)
    .await?;
    Ok(Actor::by_id(conn, id).await?)
}

pub(crate) async fn a_manager(conn: &mut PgConnection) -> anyhow::Result<Actor> {
    a_user(conn, UserRole::CampaignManager).await
}

/// A campaign of the user, whose name is the number.
pub(crate) async fn a_campaign(
    conn: &mut PgConnection,
    actor: &Actor,
    number: u64,
) -> anyhow::Result<CampaignId> {
    let campaign = CampaignId::generate(NOW, &mut StdRng::seed_from_u64(200 + number));
    sqlx::query!(
        r#"
        INSERT INTO campaigns (
            id, name, intro_script,
            question_1_text, question_1_type,
            question_2_text, question_2_type,
            question_3_text, question_3_type,
            created_by_user_id
        )
        VALUES ($1, $2, 'Good morning', 'One?', 'scale', 'Two?', 'numeric', 'Three?', 'free_text', $3)
        "#,
        campaign as CampaignId,
        number.to_string(),
        actor.id() as UserId,
    )
    .execute(conn)
    .await?;
    Ok(campaign)
}

pub(crate) async fn ends(
    conn: &mut PgConnection,
    campaign: CampaignId,
    status: CampaignStatus,
) -> anyhow::Result<()> {
    sqlx::query!(
        "UPDATE campaigns SET status = $2 WHERE id = $1",
        campaign as CampaignId,
        status as CampaignStatus,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) fn a_number(number: u32) -> PhoneNumber {
    format!("+3906{number:07}").parse().expect("a number")
}

pub(crate) fn a_contact(number: u32) -> NewContact {
    NewContact::new(a_number(number))
}

/// Adds a contact in a transaction of its own.
pub(crate) async fn added(
    pool: &sqlx::PgPool,
    actor: &Actor,
    campaign: CampaignId,
    number: u32,
) -> anyhow::Result<Contact> {
    let mut rng = a_rng();
    let mut tx = pool.begin().await?;
    let contact = add(&mut tx, &mut rng, NOW, actor, campaign, &a_contact(number)).await?;
    tx.commit().await?;
    Ok(contact)
}

pub(crate) async fn again(conn: &mut PgConnection, id: ContactId) -> anyhow::Result<Contact> {
    Ok(get(conn, id).await?)
}

pub(crate) async fn log(conn: &mut PgConnection) -> anyhow::Result<Vec<AuditEntry>> {
    Ok(
        sqlx::query_as("SELECT * FROM audit_log ORDER BY created_at, ctid")
            .fetch_all(conn)
            .await?,
    )
}

/// Until some session waits for a lock.
pub(crate) async fn wait_for_lock(conn: &mut PgConnection) -> sqlx::Result<()> {
    loop {
        let waiting = sqlx::query_scalar!(
            r#"
            SELECT EXISTS (
                SELECT 1
                FROM pg_stat_activity
                WHERE wait_event_type = 'Lock'
                  AND datname = current_database()
            ) AS "waiting!"
            "#
        )
        .fetch_one(&mut *conn)
        .await?;
        if waiting {
            return Ok(());
        }
    }
}
