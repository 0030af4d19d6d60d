//! A campaign as a file that people write.

use std::io::Read as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use time::Time;
use time::format_description::BorrowedFormatItem;
use time::macros::{format_description, time};
use vsa_campaigns::{Content, Question};
use vsa_db::enums::{LanguageCode, QuestionType};
use vsa_db::ids::EmailTemplateId;
use vsa_db::models::Campaign;

use crate::failure::Failure;

const CLOCK: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]");
/// More is no campaign.
const LARGEST: u64 = 1024 * 1024;

/// What stands in the file. What may be left out has the default of the database.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignFile {
    /// The version that was seen, for `edit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<i32>,
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default = "english")]
    language: LanguageCode,
    intro_script: String,
    questions: Vec<FileQuestion>,
    #[serde(default = "three")]
    max_attempts: i32,
    #[serde(default = "sixty")]
    retry_interval_minutes: i32,
    #[serde(default)]
    call_window: Window,
    #[serde(default = "rome")]
    time_zone: String,
    #[serde(default)]
    emails: Emails,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileQuestion {
    text: String,
    #[serde(rename = "type")]
    kind: QuestionType,
}

/// Times of the clock where the contact is, as 09:00.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    start: String,
    end: String,
}

/// Ids of templates.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Emails {
    #[serde(default)]
    completed: Option<EmailTemplateId>,
    #[serde(default)]
    refused: Option<EmailTemplateId>,
    #[serde(default)]
    not_reached: Option<EmailTemplateId>,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            start: written(time!(9:00)),
            end: written(time!(20:00)),
        }
    }
}

fn english() -> LanguageCode {
    LanguageCode::En
}

fn three() -> i32 {
    3
}

fn sixty() -> i32 {
    60
}

fn rome() -> String {
    "Europe/Rome".to_owned()
}

fn written(time: Time) -> String {
    time.format(CLOCK).unwrap_or_else(|_| time.to_string())
}

impl CampaignFile {
    /// Reads it, from stdin for `-`.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let cannot = |error| Failure::usage(format!("cannot read {name}: {error}"));
        let mut text = String::new();
        let read = if path == Path::new("-") {
            std::io::stdin().take(LARGEST).read_to_string(&mut text)
        } else {
            std::fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text))
        };
        read.map_err(cannot)?;
        serde_saphyr::from_str(&text).map_err(|error| {
            let place = error
                .location()
                .map_or_else(String::new, |at| format!(":{}:{}", at.line(), at.column()));
            // The error quotes the lines around; its first line says what is wrong.
            let told = error.to_string();
            let first = told.lines().next().unwrap_or_default();
            let what = first
                .split_once(": ")
                .filter(|(head, _)| head.starts_with("error"));
            let what = what.map_or(first, |(_, rest)| rest);
            let what = what
                .split_once(": ")
                .filter(|(head, _)| head.starts_with("line "))
                .map_or(what, |(_, rest)| rest);
            Failure::usage(format!("{name}{place}: {what}"))
        })
    }

    pub(crate) fn of(campaign: &Campaign) -> Self {
        let content = Content::of(campaign);
        Self {
            version: Some(campaign.version),
            name: content.name,
            description: content.description,
            language: content.language,
            intro_script: content.intro_script,
            questions: content
                .questions
                .map(|one| FileQuestion {
                    text: one.text,
                    kind: one.kind,
                })
                .into(),
            max_attempts: content.max_attempts,
            retry_interval_minutes: content.retry_interval_minutes,
            call_window: Window {
                start: written(content.allowed_call_start_local),
                end: written(content.allowed_call_end_local),
            },
            time_zone: content.time_zone,
            emails: Emails {
                completed: content.email_completed_template_id,
                refused: content.email_refused_template_id,
                not_reached: content.email_not_reached_template_id,
            },
        }
    }

    pub(crate) fn yaml(&self) -> Result<String, Failure> {
        serde_saphyr::to_string(self).map_err(Failure::failed)
    }

    pub(crate) fn content(self) -> Result<Content, Failure> {
        let given = self.questions.len();
        let questions: Vec<Question> = self
            .questions
            .into_iter()
            .map(|one| Question {
                text: one.text,
                kind: one.kind,
            })
            .collect();
        let questions = questions.try_into().map_err(|_| {
            Failure::usage(format!(
                "questions: {given} are given, and a survey asks exactly three"
            ))
        })?;
        Ok(Content {
            name: self.name,
            description: self.description,
            language: self.language,
            intro_script: self.intro_script,
            questions,
            max_attempts: self.max_attempts,
            retry_interval_minutes: self.retry_interval_minutes,
            allowed_call_start_local: clock("call_window.start", &self.call_window.start)?,
            allowed_call_end_local: clock("call_window.end", &self.call_window.end)?,
            time_zone: self.time_zone,
            email_completed_template_id: self.emails.completed,
            email_refused_template_id: self.emails.refused,
            email_not_reached_template_id: self.emails.not_reached,
        })
    }
}

fn clock(field: &str, text: &str) -> Result<Time, Failure> {
    Time::parse(text, CLOCK).map_err(|_| {
        Failure::usage(format!(
            "{field}: '{text}' is no time of day; write it as \"09:00\""
        ))
    })
}
