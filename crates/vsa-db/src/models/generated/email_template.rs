// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;
use time::OffsetDateTime;

use crate::enums::{EmailTemplateType, LanguageCode};
use crate::ids::EmailTemplateId;

/// One locale's variant of a mail template.
///
/// The variants of one template share `name` and `type`. Subject and bodies may hold variables,
/// written `{{campaign_name}}`.
///
///
/// A row of `email_templates`.
#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct EmailTemplate {
    /// Primary key.
    pub id: EmailTemplateId,
    /// Name of the template, for people.
    pub name: String,
    /// Outcome the template speaks about.
    pub r#type: EmailTemplateType,
    /// Language this variant is written in.
    pub locale: LanguageCode,
    /// Subject line; may hold variables, written `{{campaign_name}}`.
    pub subject: String,
    /// HTML body; the values of variables are escaped in it.
    pub body_html: String,
    /// Plain-text body; `None` sends HTML alone.
    pub body_text: Option<String>,
    /// When the row was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the row last changed; kept by trigger.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}
