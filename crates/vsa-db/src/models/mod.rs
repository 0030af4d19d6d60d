//! The eleven entities as rows: plain structs, one file each, fields named as the columns.
//!
//! `Debug` never shows personal data (phone numbers, addresses, names, answers, what was
//! said): such fields print as [`Redacted`], so that a struct in a log line or a failed
//! assertion gives nothing away. `Serialize` shows every field, for it feeds exports and
//! APIs that decide for themselves who may see what. JSON times are RFC 3339, times of
//! day `HH:MM:SS`, exact decimals text.

use std::fmt;

use rust_decimal::Decimal;
use serde::Serializer;

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

/// What `Debug` prints in place of personal data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Implements `Debug` with every field named on one side or the other: the struct is taken
/// apart without `..`, so a new column does not compile until somebody has decided.
macro_rules! debug_without_personal_data {
    ($name:ident { shown: $($shown:ident),+; redacted: $($redacted:ident),+ $(,)? }) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let Self { $($shown,)+ $($redacted: _,)+ } = self;
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($shown), $shown))+
                    $(.field(stringify!($redacted), &$crate::models::Redacted))+
                    .finish()
            }
        }
    };
}
use debug_without_personal_data;

time::serde::format_description!(time_of_day, Time, "[hour]:[minute]:[second]");

/// Serializes an exact decimal as text, which no reader rounds through binary floats.
#[expect(clippy::ref_option, reason = "serde hands a field over by reference")]
fn decimal_text<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(decimal) => serializer.collect_str(decimal),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests;
