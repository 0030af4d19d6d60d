use vsa_db::error::{DatabaseError, is_retryable};
use vsa_db::ids::{CallAttemptId, ContactId};
use vsa_db::tx::{GaveUp, Retryable};

/// Why an operation on calls failed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No attempt has this id.
    #[error("no call attempt {0}")]
    NotFound(CallAttemptId),
    /// No contact has this id.
    #[error("no contact {0}")]
    UnknownContact(ContactId),
    /// The contact exists and may not be called now: its campaign is not
    /// running, it is not pending or not yet due, its attempts are used up, its
    /// call window is closed, or it must not be called at all.
    #[error("contact {0} may not be called now")]
    NotDialable(ContactId),
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
