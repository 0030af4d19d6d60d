// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;
use time::OffsetDateTime;

use crate::enums::UserRole;
use crate::ids::UserId;

/// A person who may sign in.
///
/// A row of `users`.
#[derive(Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct User {
    /// Primary key.
    pub id: UserId,
    /// Subject the identity provider knows the person by; unique. Personal data.
    pub oidc_sub: String,
    /// Address of the person, as it was given; unique whatever the letter case. Personal data.
    pub email: String,
    /// Name to show. Personal data.
    pub name: String,
    /// What the person may do.
    pub role: UserRole,
    /// When the row was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the row last changed; kept by trigger.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

crate::models::debug_without_personal_data!(User {
    shown: id, role, created_at, updated_at;
    redacted: oidc_sub, email, name;
});
