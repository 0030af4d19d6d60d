use vsa_db::error::{DatabaseError, is_retryable};
use vsa_db::tx::{GaveUp, Retryable};

/// Why an operation on notifications failed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
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
