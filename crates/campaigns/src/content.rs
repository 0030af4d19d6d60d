use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::PgConnection;
use time::Time;
use time::macros::time;
use vsa_db::enums::{LanguageCode, QuestionType};
use vsa_db::error::constraint;
use vsa_db::ids::EmailTemplateId;
use vsa_db::models::Campaign;
use vsa_db::time_zone;

use crate::Error;

/// One of the three questions of a survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// What the voice agent asks, word by word.
    pub text: String,
    /// How the answer is understood.
    pub kind: QuestionType,
}

/// What a campaign manager decides about a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// What people call it; not necessarily unique.
    pub name: String,
    /// For colleagues, never spoken.
    pub description: Option<String>,
    /// The language the agent speaks unless the contact prefers another.
    pub language: LanguageCode,
    /// Names the caller, the purpose and the duration, and asks for consent.
    pub intro_script: String,
    /// Exactly three, in the order they are asked.
    pub questions: [Question; 3],
    /// How often a contact is tried at most: 1 to 5.
    pub max_attempts: i32,
    /// The shortest time between two attempts, in minutes: 1 or more.
    pub retry_interval_minutes: i32,
    /// First local time at which a contact may be called.
    pub allowed_call_start_local: Time,
    /// Local time from which it may not be called any more.
    pub allowed_call_end_local: Time,
    /// IANA name of the zone that "local" means for contacts without their own.
    pub time_zone: String,
    /// The mail after a completed survey; none sends none.
    pub email_completed_template_id: Option<EmailTemplateId>,
    /// The mail after a refusal; none sends none.
    pub email_refused_template_id: Option<EmailTemplateId>,
    /// The mail when nobody was reached; none sends none.
    pub email_not_reached_template_id: Option<EmailTemplateId>,
}

impl Content {
    /// A campaign with the usual policy: three attempts an hour apart, between
    /// nine and twenty o'clock in Rome, in English, without mails.
    pub fn new(
        name: impl Into<String>,
        intro_script: impl Into<String>,
        questions: [Question; 3],
    ) -> Self {
        Self {
            name: name.into(),
            description: None,
            language: LanguageCode::En,
            intro_script: intro_script.into(),
            questions,
            max_attempts: 3,
            retry_interval_minutes: 60,
            allowed_call_start_local: time!(9:00),
            allowed_call_end_local: time!(20:00),
            time_zone: "Europe/Rome".into(),
            email_completed_template_id: None,
            email_refused_template_id: None,
            email_not_reached_template_id: None,
        }
    }

    /// The content of a campaign that exists.
    #[must_use]
    pub fn of(campaign: &Campaign) -> Self {
        let question = |text: &str, kind| Question {
            text: text.to_owned(),
            kind,
        };
        Self {
            name: campaign.name.clone(),
            description: campaign.description.clone(),
            language: campaign.language,
            intro_script: campaign.intro_script.clone(),
            questions: [
                question(&campaign.question_1_text, campaign.question_1_type),
                question(&campaign.question_2_text, campaign.question_2_type),
                question(&campaign.question_3_text, campaign.question_3_type),
            ],
            max_attempts: campaign.max_attempts,
            retry_interval_minutes: campaign.retry_interval_minutes,
            allowed_call_start_local: campaign.allowed_call_start_local,
            allowed_call_end_local: campaign.allowed_call_end_local,
            time_zone: campaign.time_zone.clone(),
            email_completed_template_id: campaign.email_completed_template_id,
            email_refused_template_id: campaign.email_refused_template_id,
            email_not_reached_template_id: campaign.email_not_reached_template_id,
        }
    }

    /// By the names of the columns, for the audit log and to tell what an edit changes.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        let [first, second, third] = &self.questions;
        let fields = [
            ("name", Value::from(self.name.as_str())),
            ("description", self.description.as_deref().into()),
            ("language", self.language.as_str().into()),
            ("intro_script", self.intro_script.as_str().into()),
            ("question_1_text", first.text.as_str().into()),
            ("question_1_type", first.kind.as_str().into()),
            ("question_2_text", second.text.as_str().into()),
            ("question_2_type", second.kind.as_str().into()),
            ("question_3_text", third.text.as_str().into()),
            ("question_3_type", third.kind.as_str().into()),
            ("max_attempts", self.max_attempts.into()),
            ("retry_interval_minutes", self.retry_interval_minutes.into()),
            (
                "allowed_call_start_local",
                self.allowed_call_start_local.to_string().into(),
            ),
            (
                "allowed_call_end_local",
                self.allowed_call_end_local.to_string().into(),
            ),
            ("time_zone", self.time_zone.as_str().into()),
            (
                "email_completed_template_id",
                id(self.email_completed_template_id),
            ),
            (
                "email_refused_template_id",
                id(self.email_refused_template_id),
            ),
            (
                "email_not_reached_template_id",
                id(self.email_not_reached_template_id),
            ),
        ];
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect()
    }

    /// Whether the server knows the time zone.
    pub(crate) async fn zone_is_known(&self, conn: &mut PgConnection) -> Result<(), Error> {
        if time_zone::is_known(conn, &self.time_zone).await? {
            Ok(())
        } else {
            Err(Error::TimeZone(self.time_zone.clone()))
        }
    }

    /// The database's refusal in the words of a campaign.
    pub(crate) fn refused(&self, error: sqlx::Error) -> Error {
        let unknown_template =
            |field, id: Option<EmailTemplateId>| id.map(|id| Error::UnknownTemplate { field, id });
        let named = match constraint(&error) {
            Some("campaigns_email_completed_template_id_fkey") => unknown_template(
                "email_completed_template_id",
                self.email_completed_template_id,
            ),
            Some("campaigns_email_refused_template_id_fkey") => {
                unknown_template("email_refused_template_id", self.email_refused_template_id)
            }
            Some("campaigns_email_not_reached_template_id_fkey") => unknown_template(
                "email_not_reached_template_id",
                self.email_not_reached_template_id,
            ),
            Some("campaigns_max_attempts_check") => Some(Error::MaxAttempts(self.max_attempts)),
            Some("campaigns_retry_interval_minutes_check") => {
                Some(Error::RetryInterval(self.retry_interval_minutes))
            }
            Some("campaigns_call_window_check") => Some(Error::CallWindow {
                start: self.allowed_call_start_local,
                end: self.allowed_call_end_local,
            }),
            Some("campaigns_time_zone_check") => Some(Error::TimeZone(self.time_zone.clone())),
            _ => None,
        };
        named.unwrap_or_else(|| error.into())
    }
}

fn id(template: Option<EmailTemplateId>) -> Value {
    template.map(|id| id.to_string()).into()
}
