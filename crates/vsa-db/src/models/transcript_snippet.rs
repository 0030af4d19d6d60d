use serde::Serialize;
use time::OffsetDateTime;

use crate::enums::LanguageCode;
use crate::ids::{CallAttemptId, TranscriptSnippetId};

/// A piece of what was said in a call: a row of `transcript_snippets`.
#[derive(Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct TranscriptSnippet {
    /// Names the snippet.
    pub id: TranscriptSnippetId,
    /// The call in which it was said.
    pub call_attempt_id: CallAttemptId,
    /// What was said. Personal data.
    pub transcript_text: String,
    /// The language it was said in.
    pub language: LanguageCode,
    /// When the row was made, UTC; its age decides when it is deleted.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

super::debug_without_personal_data!(TranscriptSnippet {
    shown: id, call_attempt_id, language, created_at;
    redacted: transcript_text,
});
