use vsa_db::actor::Forbidden;
use vsa_db::enums::CampaignStatus;
use vsa_db::error::{DatabaseError, is_retryable};
use vsa_db::ids::{CampaignId, ContactId};
use vsa_db::tx::{GaveUp, Retryable};

use crate::FileError;

/// Why an operation on contacts failed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Whoever asked may not do this.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// No contact has this id.
    #[error("no contact {0}")]
    NotFound(ContactId),
    /// The beginning of an id that is nobody's, or no beginning of an id.
    #[error("no contact's id begins with '{0}': vsa contacts list shows them")]
    Unknown(String),
    /// The beginning of several ids.
    #[error("several ids begin with '{text}': {}; give more of it", .candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Ambiguous {
        /// The text.
        text: String,
        /// The first of them.
        candidates: Vec<ContactId>,
    },
    /// Nobody has this number, in no campaign. It is not repeated: it may be somebody's all the same.
    #[error("no contact has this phone number, in no campaign")]
    NobodyHasNumber,
    /// The contact was erased before.
    #[error("contact {0} was erased before: nothing of the person is left")]
    AlreadyErased(ContactId),
    /// The number is not on the do-not-call list.
    #[error("this phone number is not on the do-not-call list")]
    NotExcluded,
    /// The campaign is over and takes no contacts any more.
    #[error("campaign {id} is {status}: it takes no contacts any more")]
    CampaignOver {
        /// Which.
        id: CampaignId,
        /// Completed or cancelled.
        status: CampaignStatus,
    },
    /// The campaign does not exist.
    #[error("no campaign {0}")]
    UnknownCampaign(CampaignId),
    /// The campaign has a contact with this phone number or external id. Which
    /// of the two is not said: either may be personal data.
    #[error("campaign {0} already has a contact with this phone number or external id")]
    AlreadyExists(CampaignId),
    /// The file cannot be read, from a place on that is told.
    #[error(transparent)]
    File(#[from] FileError),
    /// The rejected rows cannot be written.
    #[error("cannot write the rejected rows: {0}")]
    Rejects(std::io::Error),
    /// What was read cannot be kept until it is written.
    #[error("cannot keep what was read in a temporary file: {0}")]
    Spool(std::io::Error),
    /// Others added the same people again and again while the import ran.
    #[error(
        "others kept adding the same contacts to campaign {0}: nothing was imported; try again"
    )]
    TooManyConflicts(CampaignId),
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
