use time::{OffsetDateTime, Time};
use vsa_db::actor::Forbidden;
use vsa_db::enums::CampaignStatus;
use vsa_db::error::{DatabaseError, is_retryable};
use vsa_db::ids::{CampaignId, EmailTemplateId};
use vsa_db::tx::{GaveUp, Retryable};

use crate::find::Candidate;
use crate::lifecycle::Move;
use crate::validate::Problem;

/// Why an operation on campaigns failed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Whoever asked may not do this.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No campaign has this id.
    #[error("no campaign {0}")]
    NotFound(CampaignId),
    /// A text means no campaign.
    #[error("no campaign is called '{0}', and no id begins so: vsa campaigns list shows them")]
    Unknown(String),
    /// A text may mean several campaigns.
    #[error("'{text}' may be {}; give more of the id", named(.candidates))]
    Ambiguous {
        /// The text.
        text: String,
        /// The first of them.
        candidates: Vec<Candidate>,
    },
    /// Somebody changed the campaign after it was read.
    #[error(
        "somebody changed the campaign at {changed_at}: it is version {found} now, and you saw {seen}; look at it again"
    )]
    Conflict {
        /// The version that was read.
        seen: i32,
        /// The version there is.
        found: i32,
        /// When it was made.
        changed_at: OffsetDateTime,
    },
    /// Fields cannot be edited any more.
    #[error("a {status} campaign keeps its {}", .fields.join(", "))]
    Frozen {
        /// What the campaign is.
        status: CampaignStatus,
        /// The fields that were to change and cannot.
        fields: Vec<String>,
    },
    /// The campaign cannot be moved so from where it is.
    #[error("cannot {wanted} a {status} campaign: {}", possible(*.status))]
    IllegalMove {
        /// What was asked for.
        wanted: Move,
        /// What the campaign is.
        status: CampaignStatus,
    },
    /// The campaign lacks something; all of it is told.
    #[error("the campaign is not ready: {}", told(.0))]
    NotReady(Vec<Problem>),
    /// A start that is over.
    #[error("starts_at is {0}, which is past: give a time to come, or activate the campaign")]
    StartsInThePast(OffsetDateTime),
    /// One of the e-mail templates does not exist.
    #[error("{field}: no e-mail template {id}; choose one that exists, or none")]
    UnknownTemplate {
        /// Which of the three.
        field: &'static str,
        /// The id that names no template.
        id: EmailTemplateId,
    },
    /// `max_attempts` is outside 1 to 5.
    #[error("max_attempts is {0}: allowed are 1 to 5")]
    MaxAttempts(i32),
    /// `retry_interval_minutes` is below 1.
    #[error("retry_interval_minutes is {0}: allowed is 1 or more")]
    RetryInterval(i32),
    /// The call window does not begin before it ends.
    #[error("the call window {start} to {end} is empty: start must be before end")]
    CallWindow {
        /// First local time at which a contact may be called.
        start: Time,
        /// Local time from which it may not be called any more.
        end: Time,
    },
    /// The server knows no time zone of this name.
    #[error("'{0}' is no time zone: write an IANA name such as Europe/Rome")]
    TimeZone(String),
    /// The results could not be kept on this machine, or not be written to where they go.
    #[error("the export ends early: {0}")]
    Io(#[from] std::io::Error),
    /// The database failed, or refused for a reason that has no name here.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The transaction met others on every try.
    #[error(transparent)]
    GaveUp(#[from] GaveUp),
}

fn named(candidates: &[Candidate]) -> String {
    let one = |candidate: &Candidate| format!("{} ({})", candidate.id, candidate.name);
    let all: Vec<String> = candidates.iter().map(one).collect();
    all.join(" or ")
}

fn possible(status: CampaignStatus) -> String {
    let moves: Vec<String> = Move::possible(status).map(|one| one.to_string()).collect();
    if moves.is_empty() {
        return format!("{status} is final");
    }
    format!("it can be moved by {}", moves.join(", "))
}

fn told(problems: &[Problem]) -> String {
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    all.join("; ")
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl Retryable for Error {
    fn is_retryable(&self) -> bool {
        matches!(self, Self::Database(error) if is_retryable(error.driver()))
    }
}
