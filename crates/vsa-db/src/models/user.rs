use serde::Serialize;
use time::OffsetDateTime;

use crate::enums::UserRole;
use crate::ids::UserId;

/// A person who may sign in: a row of `users`.
#[derive(Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct User {
    /// Names the user.
    pub id: UserId,
    /// The subject the identity provider knows the person by; unique. Personal data.
    pub oidc_sub: String,
    /// Unique whatever the letter case. Personal data.
    pub email: String,
    /// The name to show. Personal data.
    pub name: String,
    /// What the person may do.
    pub role: UserRole,
    /// When the row was made, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the row last changed, UTC; kept by the database.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

super::debug_without_personal_data!(User {
    shown: id, role, created_at, updated_at;
    redacted: oidc_sub, email, name,
});
