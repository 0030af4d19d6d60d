//! Why a command failed, and the exit code that says so to scripts.

use std::fmt;
use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};
use vsa_campaigns::Error as CampaignError;
use vsa_contacts::Error as ContactError;
use vsa_db::actor::ActorError;

/// The codes are a contract; `vsa --help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Failed = 1,
    Usage = 2,
    NotPossible = 3,
    NotFound = 4,
    Forbidden = 5,
    Conflict = 6,
    Interrupted = 130,
    Terminated = 143,
}

/// What is told, and the code.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    text: String,
}

impl Failure {
    fn new(kind: Kind, text: impl fmt::Display) -> Self {
        Self {
            kind,
            text: text.to_string(),
        }
    }

    /// What was typed, or stands in a file, makes no sense.
    pub(crate) fn usage(text: impl fmt::Display) -> Self {
        Self::new(Kind::Usage, text)
    }

    /// Something outside of us does not work.
    pub(crate) fn failed(text: impl fmt::Display) -> Self {
        Self::new(Kind::Failed, text)
    }

    /// It cannot be done as things stand.
    pub(crate) fn not_possible(text: impl fmt::Display) -> Self {
        Self::new(Kind::NotPossible, text)
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::output::harmless(&self.text))
    }
}

impl From<CampaignError> for Failure {
    fn from(error: CampaignError) -> Self {
        let kind = match &error {
            CampaignError::Forbidden(_) => Kind::Forbidden,
            CampaignError::NotFound(_)
            | CampaignError::Unknown(_)
            | CampaignError::Ambiguous { .. } => Kind::NotFound,
            CampaignError::Conflict { .. } => Kind::Conflict,
            CampaignError::Frozen { .. }
            | CampaignError::IllegalMove { .. }
            | CampaignError::NotReady(_) => Kind::NotPossible,
            CampaignError::StartsInThePast(_)
            | CampaignError::UnknownTemplate { .. }
            | CampaignError::MaxAttempts(_)
            | CampaignError::RetryInterval(_)
            | CampaignError::CallWindow { .. }
            | CampaignError::TimeZone(_) => Kind::Usage,
            CampaignError::Io(_) | CampaignError::Database(_) | CampaignError::GaveUp(_) => {
                Kind::Failed
            }
        };
        Self::new(kind, error)
    }
}

impl From<ContactError> for Failure {
    fn from(error: ContactError) -> Self {
        let kind = match &error {
            ContactError::Forbidden(_) => Kind::Forbidden,
            ContactError::NotFound(_)
            | ContactError::Unknown(_)
            | ContactError::Ambiguous { .. }
            | ContactError::NobodyHasNumber
            | ContactError::NotExcluded
            | ContactError::UnknownCampaign(_) => Kind::NotFound,
            ContactError::AlreadyErased(_)
            | ContactError::CampaignOver { .. }
            | ContactError::AlreadyExists(_) => Kind::NotPossible,
            // Before the others of its kind: the file is right, the disk or the pipe is not.
            ContactError::File(vsa_contacts::FileError::Io(_))
            | ContactError::Rejects(_)
            | ContactError::Spool(_)
            | ContactError::TooManyConflicts(_)
            | ContactError::Database(_)
            | ContactError::GaveUp(_) => Kind::Failed,
            ContactError::TimeZone(_) | ContactError::File(_) => Kind::Usage,
        };
        Self::new(kind, error)
    }
}

impl From<ActorError> for Failure {
    fn from(error: ActorError) -> Self {
        let kind = match &error {
            ActorError::Unknown => Kind::NotFound,
            _ => Kind::Failed,
        };
        Self::new(kind, format!("--as: {error}"))
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::failed(vsa_db::error::describe(&error))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error)
    }
}

/// Ctrl-C and SIGTERM: the work is dropped, and with its connection the server takes back whatever
/// was not committed.
pub(crate) struct Interrupt {
    ctrl_c: Signal,
    term: Signal,
}

impl Interrupt {
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self {
            ctrl_c: signal(SignalKind::interrupt())?,
            term: signal(SignalKind::terminate())?,
        })
    }

    pub(crate) async fn comes(&mut self) -> Failure {
        let kind = tokio::select! {
            _ = self.ctrl_c.recv() => Kind::Interrupted,
            _ = self.term.recv() => Kind::Terminated,
        };
        Failure::new(kind, "interrupted; nothing is half done")
    }
}
