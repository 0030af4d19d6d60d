use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use vsa_db::enums::{EmailTemplateType, LanguageCode};
use vsa_db::models::EmailTemplate;
use vsa_db::page::{Page, PageSize};

use crate::Error;

/// What names a template within one locale: the variants of one template share
/// name and type, one a locale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateKey {
    /// What people call it.
    pub name: String,
    /// The outcome it answers.
    #[serde(rename = "type")]
    pub kind: EmailTemplateType,
}

/// The templates of one locale, by name and type. `after` is the last template
/// of the page before.
pub async fn list_templates(
    conn: &mut PgConnection,
    locale: LanguageCode,
    after: Option<&TemplateKey>,
    size: PageSize,
) -> Result<Page<EmailTemplate, TemplateKey>, Error> {
    let (name, kind) = after.map(|key| (key.name.as_str(), key.kind)).unzip();
    let rows = sqlx::query_as!(
        EmailTemplate,
        r#"
        SELECT
            -- columns of email_templates
            id, name, type, locale, subject, body_html, body_text, created_at, updated_at
            -- end of columns
        FROM email_templates
        WHERE locale = $1
          AND ($2::text IS NULL OR (name, type) > ($2, $3))
        ORDER BY name, type
        LIMIT $4
        "#,
        locale as LanguageCode,
        name,
        kind as Option<EmailTemplateType>,
        size.limit(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Page::new(rows, size, |template| TemplateKey {
        name: template.name.clone(),
        kind: template.r#type,
    }))
}
