// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

mod call_attempt;
mod campaign;
mod contact;
mod email_notification;
mod email_template;
mod event;
mod exclusion_entry;
mod provider_config;
mod survey_response;
mod transcript_snippet;
mod user;

pub use call_attempt::CallAttempt;
pub use campaign::Campaign;
pub use contact::Contact;
pub use email_notification::EmailNotification;
pub use email_template::EmailTemplate;
pub use event::Event;
pub use exclusion_entry::ExclusionEntry;
pub use provider_config::ProviderConfig;
pub use survey_response::SurveyResponse;
pub use transcript_snippet::TranscriptSnippet;
pub use user::User;
