//! Synthetic contacts in any number, for measuring and for trying things at full size.
//!
//! Everything is made from a seed number and a base time: the same two give the same rows, ids
//! included, on every machine and with every version of the random-number crate. Rows are made
//! while they are sent, so memory does not grow with their number, and all of them are one
//! transaction: an interrupted or failed load leaves nothing.
//!
//! Nobody can be reached: numbers begin with prefixes that no operator has, mail addresses are
//! `example.org`, and the campaign is paused.

mod call;
mod random;
mod story;
mod text;

use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;
use time::macros::datetime;

use self::story::{Plan, Story};
use self::text::Rows;
use crate::error::{DatabaseError, describe, sqlstate};
use crate::ids::CampaignId;

/// The base time unless another is given: long enough ago that every pending contact is due.
pub const BASE_TIME: OffsetDateTime = datetime!(2026-01-15 12:00 UTC);

/// Contacts a COPY: an error of the server is seen after as many at the latest.
const BATCH: usize = 20_000;
/// Bytes sent at a time.
const PIECE: usize = 256 * 1024;

const CONTACTS: &str = "COPY contacts (id, campaign_id, external_contact_id, phone_number, email, preferred_language, \
    has_prior_consent, do_not_call, state, attempts_count, last_attempt_at, last_outcome, time_zone, \
    next_attempt_at, created_at, updated_at) FROM STDIN";
const ATTEMPTS: &str = "COPY call_attempts (id, contact_id, campaign_id, attempt_number, call_id, provider_call_id, \
    started_at, answered_at, ended_at, outcome, provider_raw_status, error_code, consent_given, \
    consent_recorded_at) FROM STDIN";
const RESPONSES: &str = "COPY survey_responses (id, contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, \
    q3_answer, q1_confidence, q2_confidence, q3_confidence, completed_at) FROM STDIN";
const EVENTS: &str = "COPY events (id, event_type, campaign_id, contact_id, call_attempt_id, payload, created_at) \
    FROM STDIN";

/// What to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadOptions {
    /// How many contacts, 100 million at most.
    pub contacts: u64,
    /// The seed number; another one makes another campaign.
    pub rng_seed: u64,
    /// Whether calls were made: attempts, responses and events, in realistic shares.
    pub attempts: bool,
    /// The time before which everything happened.
    pub base: OffsetDateTime,
}

impl LoadOptions {
    /// Contacts alone, before [`BASE_TIME`].
    pub fn new(contacts: u64, rng_seed: u64) -> Self {
        Self {
            contacts,
            rng_seed,
            attempts: false,
            base: BASE_TIME,
        }
    }
}

/// What was loaded, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct LoadReport {
    /// The campaign that holds it all.
    pub campaign_id: CampaignId,
    /// The same load had been done before; nothing was written and the rows are counted as 0.
    pub already_there: bool,
    /// Rows of `contacts`.
    pub contacts: u64,
    /// Rows of `call_attempts`.
    pub attempts: u64,
    /// Rows of `survey_responses`.
    pub responses: u64,
    /// Rows of `events`.
    pub events: u64,
}

/// Why nothing was loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// More contacts than there are numbers.
    #[error("{0} contacts are too many: one load makes at most 100000000, another seed makes more")]
    TooMany(u64),
    /// The campaign of this seed holds something else.
    #[error(
        "seed {seed} was already used for another load ({found}); choose another seed, or delete \
         campaign {campaign_id} first"
    )]
    Different {
        /// The seed.
        seed: u64,
        /// The campaign that exists.
        campaign_id: CampaignId,
        /// What its description says.
        found: String,
    },
    /// No room on the server's disk.
    #[error(
        "the server's disk is full, nothing was loaded: {0}; free some space there, or load fewer contacts"
    )]
    DiskFull(String),
    /// The database failed.
    #[error("nothing was loaded: {0}")]
    Database(DatabaseError),
}

impl From<sqlx::Error> for LoadError {
    fn from(error: sqlx::Error) -> Self {
        match sqlstate(&error).as_deref() {
            Some("53100") => Self::DiskFull(describe(&error)),
            _ => Self::Database(error.into()),
        }
    }
}

/// Loads synthetic contacts in one campaign, with the [reference rows](super::reference) they need,
/// as one transaction without a statement time-out.
///
/// `progress` is told how many contacts are done, and of how many. The same load again changes
/// nothing and says so; the same seed with other options is an error. A dropped future loads nothing;
/// close the connection then, for the driver loses count of the server's answers when a COPY is cut off.
pub async fn load(
    connection: &mut PgConnection,
    options: LoadOptions,
    mut progress: impl FnMut(u64, u64),
) -> Result<LoadReport, LoadError> {
    if options.contacts > story::MOST_CONTACTS {
        return Err(LoadError::TooMany(options.contacts));
    }
    let plan = Plan {
        campaign: story::campaign_id(options.rng_seed),
        seed: options.rng_seed,
        contacts: options.contacts,
        with_attempts: options.attempts,
        base: options.base,
    };
    let mut report = LoadReport {
        campaign_id: plan.campaign,
        already_there: false,
        contacts: 0,
        attempts: 0,
        responses: 0,
        events: 0,
    };
    let mut transaction = connection.begin().await?;
    // A load takes as long as it takes; a slow `progress` is no forgotten transaction.
    sqlx::raw_sql(
        "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0",
    )
    .execute(&mut *transaction)
    .await?;
    super::reference(&mut transaction).await?;
    if !create_campaign(&mut transaction, &plan).await? {
        report.already_there = true;
        // Whatever reference rows were missing are there now.
        transaction.commit().await?;
        return Ok(report);
    }
    progress(0, plan.contacts);
    for start in (0..plan.contacts).step_by(BATCH) {
        let end = plan.contacts.min(start + BATCH as u64);
        let batch = || (start..end).map(|n| Story::new(&plan, n));
        let transaction = &mut *transaction;
        report.contacts +=
            copy(transaction, CONTACTS, &plan, batch(), Story::write_contact).await?;
        if plan.with_attempts {
            report.attempts +=
                copy(transaction, ATTEMPTS, &plan, batch(), Story::write_attempts).await?;
            report.responses += copy(
                transaction,
                RESPONSES,
                &plan,
                batch(),
                Story::write_response,
            )
            .await?;
            report.events += copy(transaction, EVENTS, &plan, batch(), Story::write_event).await?;
        }
        progress(end, plan.contacts);
    }
    // So that the first queries are planned for what is there now.
    sqlx::raw_sql("ANALYZE contacts, call_attempts, survey_responses, events")
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(report)
}

/// Sends what `write` makes of each contact while it is made, a piece at a time.
async fn copy(
    connection: &mut PgConnection,
    statement: &str,
    plan: &Plan,
    stories: impl Iterator<Item = Story>,
    write: impl Fn(&Story, &Plan, &mut Rows),
) -> Result<u64, sqlx::Error> {
    let mut rows = Rows::default();
    let mut copy = connection.copy_in_raw(statement).await?;
    for story in stories {
        write(&story, plan, &mut rows);
        if rows.bytes().len() >= PIECE {
            copy.send(rows.bytes()).await?;
            rows.clear();
        }
    }
    copy.send(rows.bytes()).await?;
    copy.finish().await
}

/// Creates the campaign; false if it is there with the same description, written by the same load.
async fn create_campaign(connection: &mut PgConnection, plan: &Plan) -> Result<bool, LoadError> {
    let attempts = if plan.with_attempts {
        "with attempts"
    } else {
        "without attempts"
    };
    let description = format!(
        "synthetic: {} contacts {attempts}, before {}",
        plan.contacts, plan.base
    );
    let created = sqlx::query(
        "INSERT INTO campaigns (id, name, description, status, language, intro_script,
             question_1_text, question_1_type, question_2_text, question_2_type, question_3_text, question_3_type,
             max_attempts, retry_interval_minutes, created_by_user_id, created_at, updated_at)
         SELECT $1, $2, $3, 'paused', 'it', $4,
             $5, 'scale', $6, 'numeric', $7, 'free_text',
             $8, $9, users.id, $10, $10
         FROM users ORDER BY role <> 'admin', created_at, id LIMIT 1
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(plan.campaign)
    .bind(format!("Load, seed {}", plan.seed))
    .bind(&description)
    .bind("Buongiorno, chiamo per conto di Esempio S.p.A. per un breve sondaggio di due minuti. Posso farle tre domande?")
    .bind("Da 1 a 5, quanto è soddisfatto del servizio?")
    .bind("Quante volte lo ha usato negli ultimi dodici mesi?")
    .bind("Che cosa dovremmo migliorare?")
    .bind(call::MAX_ATTEMPTS)
    .bind(call::RETRY_MINUTES)
    .bind(plan.created_at())
    .execute(&mut *connection)
    .await?;
    if created.rows_affected() == 1 {
        return Ok(true);
    }
    let found: Option<String> =
        sqlx::query_scalar("SELECT description FROM campaigns WHERE id = $1")
            .bind(plan.campaign)
            .fetch_one(connection)
            .await?;
    if found.as_ref() == Some(&description) {
        return Ok(false);
    }
    let found = found.unwrap_or_else(|| "its description was changed since".to_owned());
    Err(LoadError::Different {
        seed: plan.seed,
        campaign_id: plan.campaign,
        found,
    })
}
