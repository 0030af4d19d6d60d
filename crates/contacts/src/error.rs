use vsa_db::error::{DatabaseError, is_retryable};
use vsa_db::ids::CampaignId;
use vsa_db::tx::{GaveUp, Retryable};

/// Why an operation on contacts failed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The campaign does not exist.
    #[error("no campaign {0}")]
    UnknownCampaign(CampaignId),
    /// The campaign has a contact with this phone number or external id. Which
    /// of the two is not said: either may be personal data.
    #[error("campaign {0} already has a contact with this phone number or external id")]
    AlreadyExists(CampaignId),
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
