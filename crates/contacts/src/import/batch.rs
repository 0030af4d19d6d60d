//! Some thousand contacts on their way into the database: screened in one statement, then copied.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use vsa_db::error::constraint;
use vsa_db::ids::{CampaignId, ContactId};

use super::Candidate;
use crate::Error;

const COPY: &str = "COPY contacts (id, campaign_id, external_contact_id, phone_number, email, \
    preferred_language, has_prior_consent, do_not_call, state, time_zone, next_attempt_at, \
    created_at, updated_at) FROM STDIN";
/// How often a batch is screened again because others added some of its people meanwhile.
const TRIES: u32 = 5;
/// The keys that such a meeting violates.
const KEYS: [&str; 2] = [
    "contacts_phone_number_campaign_id_key",
    "contacts_campaign_id_external_contact_id_key",
];

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Contacts who may be called.
    pub(super) accepted: u64,
    /// Contacts who were added and may not.
    pub(super) excluded: u64,
    /// Lines of contacts who were there.
    pub(super) duplicates: Vec<u64>,
    /// Contacts who were there and ask now not to be called.
    pub(super) opting_out: Vec<ContactId>,
}

/// Whether to look first who of a batch is in the campaign. Most files are of people who are not, and then the keys say so
/// at no cost; the first batch that meets one of them is copied in vain, and the file is no such file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Care {
    Hopeful,
    Wary,
}

/// What the database knows about a candidate.
struct Known {
    n: i64,
    by_number: Option<ContactId>,
    by_id: Option<ContactId>,
    is_excluded: bool,
}

impl Known {
    fn contacts(&self) -> impl Iterator<Item = ContactId> {
        self.by_number.into_iter().chain(self.by_id)
    }
}

/// Adds the candidates that are not there. `ids` are theirs, in the order of the file.
pub(super) async fn add(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    campaign: CampaignId,
    mut candidates: Vec<(ContactId, Candidate)>,
    care: &mut Care,
) -> Result<Done, Error> {
    let mut done = Done::default();
    once_each(&mut candidates, &mut done);
    // The index of numbers is walked through in one direction.
    candidates.sort_unstable_by(|(_, one), (_, other)| {
        one.contact.phone_number.cmp(&other.contact.phone_number)
    });
    for _ in 0..TRIES {
        let known = match care {
            Care::Hopeful => listed(conn, &candidates).await?,
            Care::Wary => screen(conn, campaign, &candidates).await?,
        };
        let there: HashSet<i64> = known
            .iter()
            .filter(|row| row.contacts().next().is_some())
            .map(|row| row.n)
            .collect();
        let excluded: HashSet<i64> = known
            .iter()
            .filter(|row| row.is_excluded)
            .map(|row| row.n)
            .collect();
        let mut rows = Rows::new(now, campaign);
        for (n, (id, candidate)) in (1..).zip(&candidates) {
            if !there.contains(&n) {
                rows.push(*id, candidate, excluded.contains(&n));
            }
        }
        sqlx::query("SAVEPOINT batch").execute(&mut *conn).await?;
        match copy(conn, &rows.text).await {
            Ok(()) => {
                sqlx::query("RELEASE SAVEPOINT batch")
                    .execute(&mut *conn)
                    .await?;
                done.accepted += rows.accepted;
                done.excluded += rows.excluded;
                let lines = (1..).zip(&candidates).filter(|(n, _)| there.contains(n));
                done.duplicates
                    .extend(lines.map(|(_, (_, candidate))| candidate.line));
                done.duplicates.sort_unstable();
                let asked = (1..).zip(&candidates);
                let asked: HashSet<i64> = asked
                    .filter(|(_, (_, one))| one.contact.do_not_call)
                    .map(|(n, _)| n)
                    .collect();
                let opting_out = known.iter().filter(|row| asked.contains(&row.n));
                done.opting_out = opting_out.flat_map(Known::contacts).collect();
                return Ok(done);
            }
            // One of them is there, from before, from earlier in the file, or added by others just now.
            Err(error) if constraint(&error).is_some_and(|name| KEYS.contains(&name)) => {
                *care = Care::Wary;
                sqlx::query("ROLLBACK TO SAVEPOINT batch")
                    .execute(&mut *conn)
                    .await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::TooManyConflicts(campaign))
}

/// Of candidates with the same number or id the first stays; who asks in any of them not to be called is not.
fn once_each(candidates: &mut Vec<(ContactId, Candidate)>, done: &mut Done) {
    let (mut numbers, mut ids) = (HashMap::new(), HashMap::new());
    let mut kept: Vec<(ContactId, Candidate)> = Vec::with_capacity(candidates.len());
    for (id, candidate) in candidates.drain(..) {
        let contact = &candidate.contact;
        let by_id = || ids.get(contact.external_contact_id.as_ref()?);
        let same = numbers.get(&contact.phone_number).or_else(by_id).copied();
        if let Some(same) = same {
            let first: &mut (ContactId, Candidate) = &mut kept[same];
            first.1.contact.do_not_call |= contact.do_not_call;
            done.duplicates.push(candidate.line);
            continue;
        }
        numbers.insert(contact.phone_number.clone(), kept.len());
        if let Some(external) = &contact.external_contact_id {
            ids.insert(external.clone(), kept.len());
        }
        kept.push((id, candidate));
    }
    *candidates = kept;
}

/// Those of the candidates that are on the do-not-call list, by their place from 1.
async fn listed(
    conn: &mut PgConnection,
    candidates: &[(ContactId, Candidate)],
) -> Result<Vec<Known>, Error> {
    let numbers: Vec<&str> = candidates
        .iter()
        .map(|(_, candidate)| candidate.contact.phone_number.as_str())
        .collect();
    Ok(sqlx::query_as!(
        Known,
        r#"
        SELECT
            given.n AS "n!",
            NULL::uuid AS "by_number: ContactId",
            NULL::uuid AS "by_id: ContactId",
            true AS "is_excluded!"
        FROM unnest($1::text[]) WITH ORDINALITY AS given (phone_number, n)
        WHERE EXISTS (
            SELECT 1
            FROM exclusion_list_entries
            WHERE exclusion_list_entries.phone_number = given.phone_number
            OFFSET 0
        )
        "#,
        &numbers as &[&str],
    )
    .fetch_all(conn)
    .await?)
}

/// Those of the candidates that are in the campaign, or on the do-not-call list, by their place from 1.
///
/// Each is looked up by itself: at any size the server would else read all contacts of the table.
async fn screen(
    conn: &mut PgConnection,
    campaign: CampaignId,
    candidates: &[(ContactId, Candidate)],
) -> Result<Vec<Known>, Error> {
    let contacts = || candidates.iter().map(|(_, candidate)| &candidate.contact);
    let numbers: Vec<&str> = contacts()
        .map(|contact| contact.phone_number.as_str())
        .collect();
    let ids: Vec<Option<&str>> = contacts()
        .map(|contact| contact.external_contact_id.as_deref())
        .collect();
    Ok(sqlx::query_as!(
        Known,
        r#"
        SELECT
            given.n AS "n!",
            by_number.id AS "by_number?: ContactId",
            by_id.id AS "by_id?: ContactId",
            exclusion.id IS NOT NULL AS "is_excluded!"
        FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS given (phone_number, external_id, n)
        LEFT JOIN LATERAL (
            SELECT id
            FROM contacts
            WHERE contacts.phone_number = given.phone_number
              AND contacts.campaign_id = $1
            LIMIT 1
        ) AS by_number ON true
        LEFT JOIN LATERAL (
            SELECT id
            FROM contacts
            WHERE contacts.campaign_id = $1
              AND contacts.external_contact_id = given.external_id
              AND contacts.external_contact_id IS NOT NULL
            LIMIT 1
        ) AS by_id ON true
        LEFT JOIN LATERAL (
            SELECT id
            FROM exclusion_list_entries
            WHERE exclusion_list_entries.phone_number = given.phone_number
            LIMIT 1
        ) AS exclusion ON true
        WHERE by_number.id IS NOT NULL
           OR by_id.id IS NOT NULL
           OR exclusion.id IS NOT NULL
        "#,
        campaign as CampaignId,
        &numbers as &[&str],
        &ids as &[Option<&str>],
    )
    .fetch_all(conn)
    .await?)
}

async fn copy(conn: &mut PgConnection, text: &str) -> Result<(), sqlx::Error> {
    let mut copy = conn.copy_in_raw(COPY).await?;
    copy.send(text.as_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

/// Rows as COPY takes them.
struct Rows {
    campaign: String,
    now: String,
    text: String,
    accepted: u64,
    excluded: u64,
}

impl Rows {
    fn new(now: OffsetDateTime, campaign: CampaignId) -> Self {
        // RFC 3339 without its fraction of nanoseconds, which the server does not keep.
        let micros = now - Duration::nanoseconds(i64::from(now.nanosecond() % 1_000));
        Self {
            campaign: campaign.to_string(),
            now: micros.to_string(),
            text: String::new(),
            accepted: 0,
            excluded: 0,
        }
    }

    fn push(&mut self, id: ContactId, candidate: &Candidate, is_on_list: bool) {
        let Self {
            campaign,
            now,
            text,
            accepted,
            excluded,
        } = self;
        let contact = &candidate.contact;
        let is_excluded = is_on_list || contact.do_not_call;
        *text += &id.to_string();
        plain(text, Some(campaign));
        field(text, contact.external_contact_id.as_deref());
        plain(text, Some(contact.phone_number.as_str()));
        field(text, contact.email.as_deref());
        plain(text, Some(contact.preferred_language.as_str()));
        plain(
            text,
            Some(if contact.has_prior_consent { "t" } else { "f" }),
        );
        plain(text, Some(if contact.do_not_call { "t" } else { "f" }));
        plain(text, Some(if is_excluded { "excluded" } else { "pending" }));
        field(text, contact.time_zone.as_deref());
        plain(text, (!is_excluded).then_some(&**now));
        plain(text, Some(now));
        plain(text, Some(now));
        text.push('\n');
        *if is_excluded { excluded } else { accepted } += 1;
    }
}

/// A field of which it is known that it holds nothing COPY would read otherwise.
fn plain(text: &mut String, field: Option<&str>) {
    text.push('\t');
    *text += field.unwrap_or("\\N");
}

/// A field that may hold anything.
fn field(text: &mut String, field: Option<&str>) {
    let Some(field) = field else {
        return plain(text, None);
    };
    text.push('\t');
    for c in field.chars() {
        match c {
            '\\' => *text += "\\\\",
            '\t' => *text += "\\t",
            '\n' => *text += "\\n",
            '\r' => *text += "\\r",
            c => text.push(c),
        }
    }
}
