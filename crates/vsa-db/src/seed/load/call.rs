//! One call of a story: how it ended, what was answered, when the next one is due.

use time::{Duration, OffsetDateTime, Time};

use super::random::SplitMix64;
use crate::enums::CallOutcome;
use crate::ids::{CallAttemptId, SurveyResponseId};

/// Calls a contact gets, and minutes between them: the campaign's retry policy.
pub(super) const MAX_ATTEMPTS: i32 = 3;
pub(super) const RETRY_MINUTES: i32 = 60;
/// A part of the day that is inside 09:00–20:00 in Rome and in London, summer and winter, in
/// seconds of UTC.
pub(super) const WINDOW_START: i64 = 9 * 3600;
pub(super) const WINDOW_SECONDS: u64 = 8 * 3600 + 50 * 60;

#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) id: CallAttemptId,
    pub(super) started_at: OffsetDateTime,
    pub(super) answered_at: Option<OffsetDateTime>,
    pub(super) ended_at: OffsetDateTime,
    pub(super) outcome: CallOutcome,
}

#[derive(Debug)]
pub(super) struct Response {
    pub(super) id: SurveyResponseId,
    pub(super) answers: [String; 3],
    pub(super) confidences: [u64; 3],
}

impl Attempt {
    pub(super) fn new(started_at: OffsetDateTime, rng: &mut SplitMix64) -> Self {
        let id = CallAttemptId::generate(started_at, rng);
        let outcome = match rng.below(100) {
            0..30 => CallOutcome::Completed,
            30..42 => CallOutcome::Refused,
            42..82 => CallOutcome::NoAnswer,
            82..92 => CallOutcome::Busy,
            _ => CallOutcome::Failed,
        };
        let ringing = Duration::seconds(4) + rng.seconds(20);
        let (answered_at, talking) = match outcome {
            CallOutcome::Completed => (
                Some(started_at + ringing),
                Duration::seconds(90) + rng.seconds(180),
            ),
            CallOutcome::Refused => (
                Some(started_at + ringing),
                Duration::seconds(12) + rng.seconds(30),
            ),
            _ => (None, Duration::ZERO),
        };
        Self {
            id,
            started_at,
            answered_at,
            ended_at: started_at + ringing + talking,
            outcome,
        }
    }

    /// The word a provider has for the outcome.
    pub(super) fn provider_status(&self) -> &'static str {
        match self.outcome {
            CallOutcome::Completed | CallOutcome::Refused => "completed",
            CallOutcome::NoAnswer => "no-answer",
            CallOutcome::Busy => "busy",
            CallOutcome::Failed => "failed",
        }
    }
}

impl Response {
    /// Answers to the campaign's questions: a scale from 1 to 5, a number, free words.
    pub(super) fn new(at: OffsetDateTime, italian: bool, rng: &mut SplitMix64) -> Self {
        let id = SurveyResponseId::generate(at, rng);
        let words = if italian {
            rng.pick(&[
                "Tempi di attesa più brevi",
                "Va bene così",
                "Più cortesia al telefono",
                "Orari più ampi",
            ])
        } else {
            rng.pick(&[
                "Shorter waiting times",
                "Fine as it is",
                "More courtesy on the phone",
                "Longer opening hours",
            ])
        };
        let answers = [
            (1 + rng.below(5)).to_string(),
            rng.below(13).to_string(),
            words.to_owned(),
        ];
        let confidences = [0; 3].map(|_: i32| 60 + rng.below(40));
        Self {
            id,
            answers,
            confidences,
        }
    }
}

/// An hour to three after a call, or some time the next day when that is too late.
pub(super) fn next_call(ended_at: OffsetDateTime, rng: &mut SplitMix64) -> OffsetDateTime {
    let next = ended_at + Duration::minutes(RETRY_MINUTES.into()) + rng.seconds(2 * 3600);
    let window_end = WINDOW_START + WINDOW_SECONDS.cast_signed();
    if next.date() == ended_at.date() && (next.time() - Time::MIDNIGHT).whole_seconds() < window_end
    {
        return next;
    }
    ended_at.replace_time(Time::MIDNIGHT)
        + Duration::days(1)
        + Duration::seconds(WINDOW_START)
        + rng.seconds(3 * 3600)
}
