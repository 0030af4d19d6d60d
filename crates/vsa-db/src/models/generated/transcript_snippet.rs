// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;
use time::OffsetDateTime;

use crate::enums::LanguageCode;
use crate::ids::{CallAttemptId, TranscriptSnippetId};

/// A piece of what was said in a call; deleted after the days that `provider_configs` gives.
///
/// A row of `transcript_snippets`.
#[derive(Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct TranscriptSnippet {
    /// Primary key.
    pub id: TranscriptSnippetId,
    /// Call in which it was said.
    pub call_attempt_id: CallAttemptId,
    /// What was said. Personal data.
    pub transcript_text: String,
    /// Language it was said in.
    pub language: LanguageCode,
    /// When the row was made; its age decides when it is deleted.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

crate::models::debug_without_personal_data!(TranscriptSnippet {
    shown: id, call_attempt_id, language, created_at;
    redacted: transcript_text;
});
