//! Who acts, and what they may do.
//!
//! Whatever changes something, or takes results out, is told who does it. An [`Actor`] can only be
//! made by asking the database, so nobody can make up a role, and a role that was taken away counts
//! from the next operation on. The domain crates ask [`Actor::may`] before anything else.

use std::fmt;

use sqlx::PgConnection;

use crate::enums::UserRole;
use crate::error::DatabaseError;
use crate::ids::UserId;

/// A user who does something, with the role the database gave them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    id: UserId,
    role: UserRole,
}

/// What needs a permission. Reading campaigns, statistics and lists needs none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Create, edit and move campaigns.
    ManageCampaigns,
    /// Add and import contacts.
    ManageContacts,
    /// Take results out: answers of people with their numbers.
    ExportResults,
    /// Put numbers on the do-not-call list.
    Exclude,
    /// Take a number off it: from then on it may be called again.
    Unexclude,
    /// Erase a person, which cannot be undone.
    Erase,
    /// Read who did what.
    ReadAudit,
}

impl Permission {
    /// All there are.
    pub const ALL: [Self; 7] = [
        Self::ManageCampaigns,
        Self::ManageContacts,
        Self::ExportResults,
        Self::Exclude,
        Self::Unexclude,
        Self::Erase,
        Self::ReadAudit,
    ];

    /// The least role that has it; each role has what the ones below it have.
    const fn least(self) -> UserRole {
        match self {
            Self::Unexclude => UserRole::Admin,
            Self::ManageCampaigns
            | Self::ManageContacts
            | Self::ExportResults
            | Self::Exclude
            | Self::Erase
            | Self::ReadAudit => UserRole::CampaignManager,
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ManageCampaigns => "create or change campaigns",
            Self::ManageContacts => "add contacts",
            Self::ExportResults => "export results",
            Self::Exclude => "add to the do-not-call list",
            Self::Unexclude => "take a number off the do-not-call list",
            Self::Erase => "erase people",
            Self::ReadAudit => "read the audit log",
        })
    }
}

/// A role that lacks a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} may not {permission}: ask {}", with_article(*.role), who_may(*.permission))]
pub struct Forbidden {
    /// Who asked.
    pub role: UserRole,
    /// For what.
    pub permission: Permission,
}

fn with_article(role: UserRole) -> &'static str {
    match role {
        UserRole::Admin => "an admin",
        UserRole::CampaignManager => "a campaign manager",
        UserRole::Viewer => "a viewer",
    }
}

fn who_may(permission: Permission) -> &'static str {
    match permission.least() {
        UserRole::Admin => "an admin",
        UserRole::CampaignManager | UserRole::Viewer => "a campaign manager or an admin",
    }
}

/// Why there is nobody to act.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActorError {
    /// No user has this id or address. It is not repeated: an address is personal data.
    #[error("no such user: give the e-mail address or the id of one who may sign in")]
    Unknown,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for ActorError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl Actor {
    /// The user with this id.
    pub async fn by_id(conn: &mut PgConnection, id: UserId) -> Result<Self, ActorError> {
        let found: Option<(UserId, UserRole)> =
            sqlx::query_as("SELECT id, role FROM users WHERE id = $1")
                .bind(id)
                .fetch_optional(conn)
                .await?;
        Self::from_row(found)
    }

    /// The user with this address, whatever its letter case.
    pub async fn by_email(conn: &mut PgConnection, email: &str) -> Result<Self, ActorError> {
        let found: Option<(UserId, UserRole)> =
            sqlx::query_as("SELECT id, role FROM users WHERE lower(email) = lower($1)")
                .bind(email)
                .fetch_optional(conn)
                .await?;
        Self::from_row(found)
    }

    fn from_row(found: Option<(UserId, UserRole)>) -> Result<Self, ActorError> {
        let (id, role) = found.ok_or(ActorError::Unknown)?;
        Ok(Self { id, role })
    }

    /// Who it is.
    pub const fn id(&self) -> UserId {
        self.id
    }

    /// What the database said they are.
    pub const fn role(&self) -> UserRole {
        self.role
    }

    /// Whether they may do this.
    pub fn may(&self, permission: Permission) -> Result<(), Forbidden> {
        let rank = |role| match role {
            UserRole::Viewer => 0,
            UserRole::CampaignManager => 1,
            UserRole::Admin => 2,
        };
        if rank(self.role) < rank(permission.least()) {
            return Err(Forbidden {
                role: self.role,
                permission,
            });
        }
        Ok(())
    }
}
