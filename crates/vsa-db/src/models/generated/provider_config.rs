// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;
use time::OffsetDateTime;

use crate::enums::{LlmProvider, ProviderType};
use crate::ids::ProviderConfigId;

/// Settings calls are made with.
///
/// One row serves today; an environment or tenant may get one of its own. It holds no secret:
/// credentials come from the environment of the program that calls.
///
///
/// A row of `provider_configs`.
#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct ProviderConfig {
    /// Primary key.
    pub id: ProviderConfigId,
    /// Through what kind of service calls are made.
    pub provider_type: ProviderType,
    /// Name of the service.
    pub provider_name: String,
    /// Number calls come from, E.164.
    pub outbound_number: String,
    /// Calls that may be open at once, over all schedulers, at least 1.
    pub max_concurrent_calls: i32,
    /// Who serves the language model.
    pub llm_provider: LlmProvider,
    /// Name of the language model, as its provider spells it.
    pub llm_model: String,
    /// Days a recording is kept, at least 1.
    pub recording_retention_days: i32,
    /// Days a transcript is kept, at least 1.
    pub transcript_retention_days: i32,
    /// When the row was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the row last changed; kept by trigger.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}
