use serde::Serialize;
use time::OffsetDateTime;

use crate::enums::{LlmProvider, ProviderType};
use crate::ids::ProviderConfigId;

/// The settings calls are made with: a row of `provider_configs`.
///
/// One row serves today; an environment or tenant may get one of its own. It holds no
/// secret: credentials come from the environment of the program that calls.
#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct ProviderConfig {
    /// Names the configuration.
    pub id: ProviderConfigId,
    /// Through what kind of service calls are made.
    pub provider_type: ProviderType,
    /// The service's name.
    pub provider_name: String,
    /// The number calls come from, E.164.
    pub outbound_number: String,
    /// Calls that may be open at once, at least 1.
    pub max_concurrent_calls: i32,
    /// Who serves the language model.
    pub llm_provider: LlmProvider,
    /// The language model's name, as its provider spells it.
    pub llm_model: String,
    /// Days a recording is kept, at least 1.
    pub recording_retention_days: i32,
    /// Days a transcript is kept, at least 1.
    pub transcript_retention_days: i32,
    /// When the row was made, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the row last changed, UTC; kept by the database.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}
