use vsa_db::error::{DatabaseError, is_retryable};
use vsa_db::ids::{CampaignId, EmailTemplateId, UserId};
use vsa_db::tx::{GaveUp, Retryable};

/// Why an operation on campaigns failed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No campaign has this id.
    #[error("no campaign {0}")]
    NotFound(CampaignId),
    /// The user who is to own the campaign does not exist.
    #[error("no user {0}: a campaign is created by someone known")]
    UnknownCreator(UserId),
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
        start: time::Time,
        /// Local time from which it may not be called any more.
        end: time::Time,
    },
    /// The server knows no time zone of this name.
    #[error("'{0}' is no time zone: write an IANA name such as Europe/Rome")]
    TimeZone(String),
    /// The database failed, or refused for a reason that has no name here.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The transaction met others on every try.
    #[error(transparent)]
    GaveUp(#[from] GaveUp),
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
