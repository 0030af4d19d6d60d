// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

mod audit_entry;
mod call_attempt;
mod campaign;
mod campaign_count_delta;
mod campaign_counts;
mod campaign_hour;
mod contact;
mod email_notification;
mod email_template;
mod event;
mod exclusion_entry;
mod provider_config;
mod survey_response;
mod transcript_snippet;
mod user;

pub use audit_entry::AuditEntry;
pub use call_attempt::CallAttempt;
pub use campaign::Campaign;
pub use campaign_count_delta::CampaignCountDelta;
pub use campaign_counts::CampaignCounts;
pub use campaign_hour::CampaignHour;
pub use contact::Contact;
pub use email_notification::EmailNotification;
pub use email_template::EmailTemplate;
pub use event::Event;
pub use exclusion_entry::ExclusionEntry;
pub use provider_config::ProviderConfig;
pub use survey_response::SurveyResponse;
pub use transcript_snippet::TranscriptSnippet;
pub use user::User;
