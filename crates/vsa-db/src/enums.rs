//! The thirteen native enum types of the database, one Rust enum each.
//!
//! The labels are those of `pg_enum`, in its order; a test compares the two. The same
//! labels are what `Display` prints, `FromStr` reads and JSON carries, so a value looks
//! alike in a query, a log line and an API.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that is no label of the enum it was read as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {type_name}; it is one of: {}", .labels.join(", "))]
pub struct UnknownLabel {
    /// The text as it was given.
    pub text: String,
    /// The database's name of the enum type, such as `call_outcome`.
    pub type_name: &'static str,
    /// Every label that would have been accepted, in the database's order.
    pub labels: &'static [&'static str],
}

macro_rules! pg_enum {
    (
        $(#[$doc:meta])*
        $name:ident: $type_name:literal {
            $($(#[$variant_doc:meta])* $variant:ident = $label:literal,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
        )]
        #[sqlx(type_name = $type_name)]
        pub enum $name {
            $(
                $(#[$variant_doc])*
                #[serde(rename = $label)]
                #[sqlx(rename = $label)]
                $variant,
            )+
        }

        impl $name {
            /// The database's name of this type.
            pub const TYPE_NAME: &'static str = $type_name;

            /// Every value, in the database's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The label, as the database spells it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownLabel;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($label => Ok(Self::$variant),)+
                    _ => Err(UnknownLabel {
                        text: text.to_owned(),
                        type_name: $type_name,
                        labels: &[$($label),+],
                    }),
                }
            }
        }
    };
}

pg_enum! {
    /// What a person who signs in may do.
    UserRole: "user_role" {
        /// Everything, including the provider configuration and other users.
        Admin = "admin",
        /// Creates and runs campaigns, imports contacts, exports results.
        CampaignManager = "campaign_manager",
        /// Reads campaigns and statistics, changes nothing.
        Viewer = "viewer",
    }
}

pg_enum! {
    /// Where a campaign is in its life: draft → scheduled → running ⇄ paused → completed.
    CampaignStatus: "campaign_status" {
        /// Being written; nobody is called.
        Draft = "draft",
        /// Ready, and waiting for its start.
        Scheduled = "scheduled",
        /// Contacts that are due are being called.
        Running = "running",
        /// No new call is made; open calls run to their end.
        Paused = "paused",
        /// Over; final.
        Completed = "completed",
        /// Given up, the soft delete; final.
        Cancelled = "cancelled",
    }
}

pg_enum! {
    /// A language of texts we write ourselves: scripts, templates, transcripts.
    LanguageCode: "language_code" {
        /// English.
        En = "en",
        /// Italian.
        It = "it",
    }
}

pg_enum! {
    /// How a question wants to be answered.
    QuestionType: "question_type" {
        /// In the contact's own words.
        FreeText = "free_text",
        /// With a number.
        Numeric = "numeric",
        /// With a step on a scale that the question names.
        Scale = "scale",
    }
}

pg_enum! {
    /// Where a contact is on the way to a final outcome.
    ContactState: "contact_state" {
        /// Waiting for a first or a further call.
        Pending = "pending",
        /// Being called.
        InProgress = "in_progress",
        /// Answered the survey; final.
        Completed = "completed",
        /// Declined to take part; final.
        Refused = "refused",
        /// Did not answer in any of the attempts allowed; final until more are allowed.
        NotReached = "not_reached",
        /// On the do-not-call list; never dialled again.
        Excluded = "excluded",
    }
}

pg_enum! {
    /// The language a contact is to be spoken to in.
    ContactLanguage: "contact_language" {
        /// English.
        En = "en",
        /// Italian.
        It = "it",
        /// The campaign's language.
        Auto = "auto",
    }
}

pg_enum! {
    /// How one call ended.
    CallOutcome: "call_outcome" {
        /// The survey was answered to the end.
        Completed = "completed",
        /// The contact declined.
        Refused = "refused",
        /// It rang and nobody answered.
        NoAnswer = "no_answer",
        /// The line was busy.
        Busy = "busy",
        /// The call could not be made or broke off for a technical reason.
        Failed = "failed",
    }
}

pg_enum! {
    /// How a number came onto the do-not-call list.
    ExclusionSource: "exclusion_source" {
        /// From a file.
        Import = "import",
        /// From another system.
        Api = "api",
        /// From a person, by hand.
        Manual = "manual",
    }
}

pg_enum! {
    /// The final outcomes that are announced through the outbox.
    EventType: "event_type" {
        /// A contact answered the survey.
        SurveyCompleted = "survey.completed",
        /// A contact declined.
        SurveyRefused = "survey.refused",
        /// A contact's last allowed attempt went unanswered.
        SurveyNotReached = "survey.not_reached",
    }
}

pg_enum! {
    /// Where a mail is on its way out.
    EmailStatus: "email_status" {
        /// To be sent, for the first time or again.
        Pending = "pending",
        /// Accepted by the mail server; final.
        Sent = "sent",
        /// Given up after the last try; final.
        Failed = "failed",
    }
}

pg_enum! {
    /// Which outcome a mail template speaks about.
    EmailTemplateType: "email_template_type" {
        /// Thanks for the answers.
        Completed = "completed",
        /// Confirms that the contact declined.
        Refused = "refused",
        /// Says that we called in vain.
        NotReached = "not_reached",
    }
}

pg_enum! {
    /// Through what kind of service calls are made.
    ProviderType: "provider_type" {
        /// A telephony API; speech is handled on our side.
        TelephonyApi = "telephony_api",
        /// A platform that handles telephony and speech together.
        VoiceAiPlatform = "voice_ai_platform",
    }
}

pg_enum! {
    /// Who serves the language model of the voice agent.
    LlmProvider: "llm_provider" {
        /// `OpenAI`.
        OpenAi = "openai",
        /// Anthropic.
        Anthropic = "anthropic",
        /// `OpenAI` models served by Azure.
        AzureOpenAi = "azure-openai",
        /// Google.
        Google = "google",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sqlx::postgres::{PgHasArrayType, PgTypeInfo};
    use sqlx::{Postgres, Type, TypeInfo};

    use super::*;

    /// Display, `FromStr`, JSON and the SQL type of every value agree with its label.
    macro_rules! labels_hold {
        ($($test:ident: $name:ident = $labels:expr;)+) => {$(
            #[test]
            fn $test() {
                let labels: Vec<_> = $name::ALL.iter().map(|value| value.as_str()).collect();
                assert_eq!(labels, $labels);
                for &value in $name::ALL {
                    assert_eq!(value.to_string(), value.as_str());
                    assert_eq!(value.to_string().parse(), Ok(value));
                    let json = serde_json::to_value(value).unwrap();
                    assert_eq!(json, value.as_str());
                    assert_eq!(serde_json::from_value::<$name>(json).unwrap(), value);
                }
                assert_eq!(<$name as Type<Postgres>>::type_info().name(), $name::TYPE_NAME);
                assert_eq!($name::array_type_info(), PgTypeInfo::array_of($name::TYPE_NAME));
            }
        )+};
    }

    labels_hold! {
        user_role: UserRole = ["admin", "campaign_manager", "viewer"];
        campaign_status: CampaignStatus =
            ["draft", "scheduled", "running", "paused", "completed", "cancelled"];
        language_code: LanguageCode = ["en", "it"];
        question_type: QuestionType = ["free_text", "numeric", "scale"];
        contact_state: ContactState =
            ["pending", "in_progress", "completed", "refused", "not_reached", "excluded"];
        contact_language: ContactLanguage = ["en", "it", "auto"];
        call_outcome: CallOutcome = ["completed", "refused", "no_answer", "busy", "failed"];
        exclusion_source: ExclusionSource = ["import", "api", "manual"];
        event_type: EventType = ["survey.completed", "survey.refused", "survey.not_reached"];
        email_status: EmailStatus = ["pending", "sent", "failed"];
        email_template_type: EmailTemplateType = ["completed", "refused", "not_reached"];
        provider_type: ProviderType = ["telephony_api", "voice_ai_platform"];
        llm_provider: LlmProvider = ["openai", "anthropic", "azure-openai", "google"];
    }

    proptest! {
        #[test]
        fn only_a_label_is_read(text in "[a-z_.-]{0,12}|openai|azure-openai|google") {
            match text.parse::<LlmProvider>() {
                Ok(value) => prop_assert_eq!(value.as_str(), text),
                Err(error) => {
                    prop_assert!(!error.labels.contains(&text.as_str()));
                    prop_assert_eq!(error.text, text);
                }
            }
        }
    }

    #[test]
    fn an_unknown_label_is_answered_with_the_known_ones() {
        let error = "EN".parse::<ContactLanguage>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"EN\" is not a contact_language; it is one of: en, it, auto"
        );
    }
}
