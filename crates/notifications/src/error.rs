use vsa_db::error::{describe, is_retryable};
use vsa_db::tx::{GaveUp, Retryable};

/// Why an operation on notifications failed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed, or refused for a reason that has no name here.
    #[error("{}", describe(.0))]
    Database(#[from] sqlx::Error),
    /// The transaction met others on every try.
    #[error(transparent)]
    GaveUp(#[from] GaveUp),
}

impl Retryable for Error {
    fn is_retryable(&self) -> bool {
        matches!(self, Self::Database(error) if is_retryable(error))
    }
}
