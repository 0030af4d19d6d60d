use serde::Serialize;
use time::OffsetDateTime;

use crate::enums::{EmailTemplateType, LanguageCode};
use crate::ids::EmailTemplateId;

/// One locale's variant of a mail template: a row of `email_templates`.
///
/// The variants of one template share `name` and `type`. Subject and bodies may hold
/// variables, written `{{campaign_name}}`.
#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct EmailTemplate {
    /// Names the variant.
    pub id: EmailTemplateId,
    /// The template's name, for people.
    pub name: String,
    /// The outcome it speaks about.
    pub r#type: EmailTemplateType,
    /// The language it is written in.
    pub locale: LanguageCode,
    /// The subject line.
    pub subject: String,
    /// The HTML body; the values of variables are escaped in it.
    pub body_html: String,
    /// The plain-text body; `None` sends HTML alone.
    pub body_text: Option<String>,
    /// When the row was made, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the row last changed, UTC; kept by the database.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}
