//! What happened to the n-th contact: made from the seed and n alone.
//!
//! The shares, with attempts: 2 % are excluded, 15 % not called yet; of the calls 30 % end
//! completed, 12 % refused, 40 % without an answer, 10 % busy, 8 % failed. A call without an answer
//! is repeated after an hour or more, twice at most, and one in five of such contacts still waits
//! for the next.

use time::{Duration, OffsetDateTime, Time};

use super::call::{Attempt, MAX_ATTEMPTS, Response, WINDOW_SECONDS, WINDOW_START, next_call};
use super::random::SplitMix64;
use super::text::Rows;
use crate::enums::{CallOutcome, ContactLanguage, ContactState, EventType};
use crate::ids::{CampaignId, ContactId, EventId};

/// Phone numbers there are for each country, and so contacts of one load at most.
pub(super) const MOST_CONTACTS: u64 = 100_000_000;
/// Coprime to [`MOST_CONTACTS`]: multiplication by it visits every number once, in no visible order.
const NUMBER_STEP: u64 = 61_803_399;
/// First calls are spread over this many days; the last of them is [`QUIET_DAYS`] before the base.
const CALL_DAYS: u64 = 11;
const QUIET_DAYS: u64 = 3;
/// What all contacts of a load have in common.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) campaign: CampaignId,
    pub(super) seed: u64,
    pub(super) contacts: u64,
    pub(super) with_attempts: bool,
    /// Nothing happens after this time.
    pub(super) base: OffsetDateTime,
}

impl Plan {
    /// When the campaign was created, and from then on its contacts.
    pub(super) fn created_at(&self) -> OffsetDateTime {
        self.midnight(QUIET_DAYS + CALL_DAYS + 2)
    }

    fn midnight(&self, days_before: u64) -> OffsetDateTime {
        self.base.replace_time(Time::MIDNIGHT) - Duration::days(days_before.cast_signed())
    }

    /// The first call of the n-th contact: contacts are called in their order.
    fn first_call(&self, n: u64) -> OffsetDateTime {
        let window = WINDOW_SECONDS * 1000;
        let milliseconds =
            u128::from(n) * u128::from(CALL_DAYS * window) / u128::from(self.contacts.max(1));
        let milliseconds = u64::try_from(milliseconds).unwrap_or_default();
        self.midnight(QUIET_DAYS + CALL_DAYS - milliseconds / window)
            + Duration::seconds(WINDOW_START)
            + Duration::milliseconds((milliseconds % window).cast_signed())
    }
}

/// One contact and all that happened to it.
#[derive(Debug)]
pub(super) struct Story {
    id: ContactId,
    external_id: Option<String>,
    phone_number: String,
    email: Option<String>,
    language: ContactLanguage,
    time_zone: Option<&'static str>,
    has_prior_consent: bool,
    created_at: OffsetDateTime,
    state: ContactState,
    next_attempt_at: Option<OffsetDateTime>,
    attempts: Vec<Attempt>,
    response: Option<Response>,
    event: Option<(EventId, EventType)>,
}

impl Story {
    /// The story of the n-th contact.
    pub(super) fn new(plan: &Plan, n: u64) -> Self {
        let rng = &mut SplitMix64::new(plan.seed, n + 1);
        let created_at = plan.created_at() + Duration::microseconds(n.cast_signed());
        let italian = rng.percent(80);
        let language = match rng.below(10) {
            0..6 => ContactLanguage::Auto,
            _ if italian => ContactLanguage::It,
            _ => ContactLanguage::En,
        };
        let number =
            (n * NUMBER_STEP + SplitMix64::new(plan.seed, 0).below(MOST_CONTACTS)) % MOST_CONTACTS;
        let mut story = Self {
            id: ContactId::generate(created_at, rng),
            external_id: rng.percent(90).then(|| format!("L{:08}", n + 1)),
            // +39 300 to 309 and +44 6 belong to no operator.
            phone_number: if italian {
                format!("+3930{number:08}")
            } else {
                format!("+446{number:09}")
            },
            email: rng
                .percent(70)
                .then(|| format!("contact{}@example.org", n + 1)),
            language,
            time_zone: (!italian).then_some("Europe/London"),
            has_prior_consent: rng.percent(25),
            created_at,
            state: ContactState::Pending,
            next_attempt_at: Some(plan.first_call(n)),
            attempts: Vec::new(),
            response: None,
            event: None,
        };
        if rng.percent(2) {
            story.state = ContactState::Excluded;
            story.next_attempt_at = None;
        } else if plan.with_attempts && rng.percent(85) {
            story.call(rng);
        }
        story
    }

    /// Calls until something is final or the contact waits for its next call.
    fn call(&mut self, rng: &mut SplitMix64) {
        while let Some(started_at) = self.next_attempt_at.take() {
            let attempt = Attempt::new(started_at, rng);
            let (ended_at, outcome) = (attempt.ended_at, attempt.outcome);
            self.attempts.push(attempt);
            let event = match outcome {
                CallOutcome::Completed => {
                    self.state = ContactState::Completed;
                    self.response = Some(Response::new(ended_at, self.speaks_italian(), rng));
                    EventType::SurveyCompleted
                }
                CallOutcome::Refused => {
                    self.state = ContactState::Refused;
                    EventType::SurveyRefused
                }
                _ if self.attempts.len() < MAX_ATTEMPTS as usize => {
                    self.next_attempt_at = Some(next_call(ended_at, rng));
                    if rng.percent(20) {
                        return;
                    }
                    continue;
                }
                _ => {
                    self.state = ContactState::NotReached;
                    EventType::SurveyNotReached
                }
            };
            self.event = Some((EventId::generate(ended_at, rng), event));
        }
    }

    /// Questions are asked in the campaign's language, Italian, unless the contact prefers another.
    fn speaks_italian(&self) -> bool {
        self.language != ContactLanguage::En
    }

    /// Adds the row of `contacts`.
    pub(super) fn write_contact(&self, plan: &Plan, rows: &mut Rows) {
        let last = self.attempts.last();
        rows.id(self.id.as_uuid()).id(plan.campaign.as_uuid());
        rows.maybe(self.external_id.as_ref(), Rows::plain);
        rows.plain(&self.phone_number)
            .maybe(self.email.as_ref(), Rows::plain);
        rows.plain(self.language)
            .plain(self.has_prior_consent)
            .plain(self.state == ContactState::Excluded);
        rows.plain(self.state).plain(self.attempts.len());
        rows.maybe(last.map(|attempt| attempt.started_at), Rows::time);
        rows.maybe(last.map(|attempt| attempt.outcome), Rows::plain);
        rows.maybe(self.time_zone, Rows::plain)
            .maybe(self.next_attempt_at, Rows::time);
        rows.time(self.created_at)
            .time(last.map_or(self.created_at, |attempt| attempt.ended_at))
            .end();
    }

    /// Adds the rows of `call_attempts`.
    pub(super) fn write_attempts(&self, plan: &Plan, rows: &mut Rows) {
        for (index, attempt) in self.attempts.iter().enumerate() {
            let id = attempt.id.as_uuid();
            let consent = attempt.answered_at.map(|at| at + Duration::seconds(10));
            rows.id(id)
                .id(self.id.as_uuid())
                .id(plan.campaign.as_uuid())
                .plain(index + 1);
            rows.id(id).plain(format_args!("load-{}", id.simple()));
            rows.time(attempt.started_at)
                .maybe(attempt.answered_at, Rows::time)
                .time(attempt.ended_at);
            rows.plain(attempt.outcome).plain(attempt.provider_status());
            rows.maybe(
                (attempt.outcome == CallOutcome::Failed).then_some("480"),
                Rows::plain,
            );
            rows.maybe(
                consent.map(|_| attempt.outcome == CallOutcome::Completed),
                Rows::plain,
            );
            rows.maybe(consent, Rows::time).end();
        }
    }

    /// Adds the row of `survey_responses`, if there is one.
    pub(super) fn write_response(&self, plan: &Plan, rows: &mut Rows) {
        let (Some(response), Some(attempt)) = (&self.response, self.attempts.last()) else {
            return;
        };
        rows.id(response.id.as_uuid())
            .id(self.id.as_uuid())
            .id(plan.campaign.as_uuid())
            .id(attempt.id.as_uuid());
        for answer in &response.answers {
            rows.text(answer);
        }
        for confidence in response.confidences {
            rows.plain(format_args!("0.{confidence:02}"));
        }
        rows.time(attempt.ended_at).end();
    }

    /// Adds the row of `events`, if there is one.
    pub(super) fn write_event(&self, plan: &Plan, rows: &mut Rows) {
        let (Some((id, event)), Some(attempt)) = (self.event, self.attempts.last()) else {
            return;
        };
        rows.id(id.as_uuid())
            .plain(event)
            .id(plan.campaign.as_uuid())
            .id(self.id.as_uuid())
            .id(attempt.id.as_uuid());
        rows.plain(format_args!(
            r#"{{"attempts_count": {}}}"#,
            self.attempts.len()
        ));
        rows.time(attempt.ended_at).end();
    }
}

/// The campaign's id: of the seed alone, so that a second load with it is noticed whatever else differs.
pub(super) fn campaign_id(seed: u64) -> CampaignId {
    let rng = &mut SplitMix64::new(seed, u64::MAX);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&rng.next().to_le_bytes());
    bytes[8..].copy_from_slice(&rng.next().to_le_bytes());
    CampaignId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::super::call::RETRY_MINUTES;
    use super::*;

    fn plan(contacts: u64) -> Plan {
        let base = datetime!(2026-01-15 12:00 UTC);
        Plan {
            campaign: campaign_id(1),
            seed: 1,
            contacts,
            with_attempts: true,
            base,
        }
    }

    /// Whoever changes a generated row breaks comparisons over time: this says so.
    #[test]
    fn a_row_stays_what_it_is() {
        let (plan, mut rows) = (plan(10), Rows::default());
        Story::new(&plan, 3).write_contact(&plan, &mut rows);
        assert_eq!(
            std::str::from_utf8(rows.bytes()).unwrap(),
            "019b6c8d-f000-700c-9ad9-d4b4dfcff99a\t3900fcbc-8a15-8f52-9773-6fbe86230b18\tL00000004\t+393017992792\t\
             contact4@example.org\tit\tfalse\tfalse\tcompleted\t2\t2026-01-04 12:50:19.000000+00\tcompleted\t\\N\t\\N\t\
             2025-12-30 00:00:00.000003+00\t2026-01-04 12:52:13.000000+00\n"
        );
    }

    #[test]
    fn calls_keep_the_interval_the_window_and_the_base_time() {
        let plan = plan(5_000);
        for n in 0..plan.contacts {
            let story = Story::new(&plan, n);
            for attempt in &story.attempts {
                let second = (attempt.started_at.time() - Time::MIDNIGHT).whole_seconds();
                assert!(
                    (WINDOW_START..10 * 3600 + WINDOW_SECONDS.cast_signed()).contains(&second),
                    "{story:?}"
                );
                assert!(
                    attempt.started_at > story.created_at && attempt.ended_at < plan.base,
                    "{story:?}"
                );
            }
            for pair in story.attempts.windows(2) {
                assert!(
                    pair[1].started_at - pair[0].ended_at
                        >= Duration::minutes(RETRY_MINUTES.into()),
                    "{story:?}"
                );
            }
        }
    }

    #[test]
    fn numbers_are_unique_to_the_last() {
        let gcd = |mut a: u64, mut b: u64| {
            while b > 0 {
                (a, b) = (b, a % b);
            }
            a
        };
        assert_eq!(
            gcd(NUMBER_STEP, MOST_CONTACTS),
            1,
            "otherwise numbers repeat before all were used"
        );
        assert!(NUMBER_STEP.checked_mul(MOST_CONTACTS).is_some());
    }
}
