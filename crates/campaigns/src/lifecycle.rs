//! The moves of a campaign from draft to completed or cancelled.
//!
//! No function takes the status to come to: there is one for each [`Move`], and a move knows where
//! it begins and where it leads. So a move that does not exist cannot be written down, and one that
//! is not possible now is refused with those that are.

use std::fmt;

use rand::Rng;
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Uuid;
use time::OffsetDateTime;
use vsa_db::actor::{Actor, Permission};
use vsa_db::audit::{self, Action, Change};
use vsa_db::enums::CampaignStatus;
use vsa_db::ids::{CampaignId, UserId};
use vsa_db::models::Campaign;

use crate::Error;
use crate::find::locked;
use crate::validate::problems;

/// How many campaigns are started at once; the next run starts the next.
const STARTED_AT_ONCE: i64 = 100;

/// Something that can be done to a campaign as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Move {
    /// It will start at a time.
    Schedule,
    /// It starts: people are called.
    Activate,
    /// No new call is made; open calls run to their end.
    Pause,
    /// Calls are made again.
    Resume,
    /// It is over.
    Complete,
    /// It is given up: the soft delete.
    Cancel,
}

impl Move {
    /// All there are.
    pub const ALL: [Self; 6] = [
        Self::Schedule,
        Self::Activate,
        Self::Pause,
        Self::Resume,
        Self::Complete,
        Self::Cancel,
    ];

    /// Where it may begin.
    #[must_use]
    pub const fn from(self) -> &'static [CampaignStatus] {
        use CampaignStatus::{Draft, Paused, Running, Scheduled};
        match self {
            Self::Schedule => &[Draft],
            Self::Activate => &[Draft, Scheduled],
            Self::Pause => &[Running],
            Self::Resume => &[Paused],
            Self::Complete => &[Running, Paused],
            Self::Cancel => &[Draft, Scheduled, Running, Paused],
        }
    }

    /// Where it leads.
    #[must_use]
    pub const fn to(self) -> CampaignStatus {
        match self {
            Self::Schedule => CampaignStatus::Scheduled,
            Self::Activate | Self::Resume => CampaignStatus::Running,
            Self::Pause => CampaignStatus::Paused,
            Self::Complete => CampaignStatus::Completed,
            Self::Cancel => CampaignStatus::Cancelled,
        }
    }

    /// The moves that begin here.
    pub fn possible(status: CampaignStatus) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |one| one.from().contains(&status))
    }

    const fn action(self) -> Action {
        match self {
            Self::Schedule => Action::CampaignSchedule,
            Self::Activate => Action::CampaignActivate,
            Self::Pause => Action::CampaignPause,
            Self::Resume => Action::CampaignResume,
            Self::Complete => Action::CampaignComplete,
            Self::Cancel => Action::CampaignCancel,
        }
    }
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Schedule => "schedule",
            Self::Activate => "activate",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Complete => "complete",
            Self::Cancel => "cancel",
        })
    }
}

/// What a move is made with. `seen` is the version the mover read, if that is to count.
#[derive(Debug)]
struct Moving {
    id: CampaignId,
    seen: Option<i32>,
    by: UserId,
    starts_at: Option<OffsetDateTime>,
}

impl Moving {
    fn by(actor: &Actor, id: CampaignId, seen: Option<i32>) -> Result<Self, Error> {
        actor.may(Permission::ManageCampaigns)?;
        Ok(Self {
            id,
            seen,
            by: actor.id(),
            starts_at: None,
        })
    }
}

/// A draft will start at `starts_at`, by [`activate_due`]. It must be ready for that now.
///
/// # Errors
/// As [`activate`]; [`Error::StartsInThePast`].
pub async fn schedule(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    id: CampaignId,
    seen: Option<i32>,
    starts_at: OffsetDateTime,
) -> Result<Campaign, Error> {
    let moving = Moving {
        starts_at: Some(starts_at),
        ..Moving::by(actor, id, seen)?
    };
    if starts_at <= now {
        return Err(Error::StartsInThePast(starts_at));
    }
    go(conn, rng, now, Move::Schedule, &moving).await
}

/// Starts a draft or a scheduled campaign: its contacts are called from now on.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`], [`Error::Conflict`], [`Error::IllegalMove`];
/// [`Error::NotReady`] with everything that is missing.
pub async fn activate(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    id: CampaignId,
    seen: Option<i32>,
) -> Result<Campaign, Error> {
    let moving = Moving::by(actor, id, seen)?;
    go(conn, rng, now, Move::Activate, &moving).await
}

macro_rules! moves {
    ($($(#[$doc:meta])* $name:ident: $move:ident;)+) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// [`Error::Forbidden`], [`Error::NotFound`], [`Error::Conflict`], [`Error::IllegalMove`].
        pub async fn $name(
            conn: &mut PgConnection,
            rng: &mut impl Rng,
            now: OffsetDateTime,
            actor: &Actor,
            id: CampaignId,
            seen: Option<i32>,
        ) -> Result<Campaign, Error> {
            let moving = Moving::by(actor, id, seen)?;
            go(conn, rng, now, Move::$move, &moving).await
        }
    )+};
}

moves! {
    /// From the next claim on nobody is called; open calls run to their end.
    pause: Pause;
    /// Contacts are called again.
    resume: Resume;
    /// The campaign is over, whoever has not been reached.
    complete: Complete;
    /// The campaign is given up: the soft delete.
    cancel: Cancel;
}

/// A scheduled campaign whose start has come.
#[derive(Debug)]
pub struct Started {
    /// Which.
    pub id: CampaignId,
    /// What it is now, or why it has not started: it stays scheduled, and is tried again.
    pub result: Result<Campaign, Error>,
}

/// Starts the scheduled campaigns whose start has come, a hundred at most; `after` is the last one of the
/// call before. Campaigns that stay scheduled so keep nobody else from starting.
///
/// # Errors
/// [`Error::Forbidden`]; the database's. What is missing in a campaign is told in its [`Started`].
pub async fn activate_due(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    after: Option<CampaignId>,
) -> Result<Vec<Started>, Error> {
    actor.may(Permission::ManageCampaigns)?;
    let due = sqlx::query_scalar!(
        r#"
        SELECT id
        FROM campaigns
        WHERE status = 'scheduled'
          AND starts_at <= $1
          AND id > $3
        ORDER BY id
        LIMIT $2
        FOR NO KEY UPDATE SKIP LOCKED
        "#,
        now,
        STARTED_AT_ONCE,
        after.unwrap_or(CampaignId::from_uuid(Uuid::nil())) as CampaignId,
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut started = Vec::new();
    for id in due {
        let moving = Moving {
            id,
            seen: None,
            by: actor.id(),
            starts_at: None,
        };
        match go(conn, rng, now, Move::Activate, &moving).await {
            Err(error @ (Error::Database(_) | Error::GaveUp(_))) => return Err(error),
            result => started.push(Started { id, result }),
        }
    }
    Ok(started)
}

async fn go(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    wanted: Move,
    moving: &Moving,
) -> Result<Campaign, Error> {
    let before = locked(conn, moving.id, moving.seen).await?;
    if !wanted.from().contains(&before.status) {
        return Err(Error::IllegalMove {
            wanted,
            status: before.status,
        });
    }
    if matches!(wanted, Move::Schedule | Move::Activate) {
        let problems = problems(conn, &before).await?;
        if !problems.is_empty() {
            return Err(Error::NotReady(problems));
        }
    }
    let after = sqlx::query_as!(
        Campaign,
        r#"
        UPDATE campaigns
        SET status = $3,
            version = version + 1,
            starts_at = coalesce($5, starts_at)
        WHERE id = $1
          AND version = $2
          AND status = ANY($4)
        RETURNING
            -- columns of campaigns
            id, name, description, status, language, intro_script, question_1_text, question_1_type,
            question_2_text, question_2_type, question_3_text, question_3_type, max_attempts,
            retry_interval_minutes, allowed_call_start_local, allowed_call_end_local, time_zone,
            email_completed_template_id, email_refused_template_id, email_not_reached_template_id,
            created_by_user_id, created_at, updated_at, version, starts_at
            -- end of columns
        "#,
        moving.id as CampaignId,
        before.version,
        wanted.to() as CampaignStatus,
        wanted.from() as &[CampaignStatus],
        moving.starts_at,
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(Error::NotFound(moving.id))?;
    let starts = moving.starts_at.map(|at| at.to_string());
    let change = Change {
        campaign: Some(moving.id),
        before: Some(json!({"status": before.status})),
        after: Some(match starts {
            Some(starts) => json!({"status": after.status, "starts_at": starts}),
            None => json!({"status": after.status}),
        }),
        ..Change::new(wanted.action())
    };
    audit::record(conn, rng, now, Some(moving.by), &change).await?;
    Ok(after)
}
