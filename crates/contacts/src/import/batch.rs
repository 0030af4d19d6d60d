//! Some thousand contacts on their way into the database: screened in one statement, then copied.

use std::collections::HashSet;

use sqlx::PgConnection;
use time::OffsetDateTime;
use vsa_db::error::constraint;
use vsa_db::ids::{CampaignId, ContactId};

use super::rows::{COPY, Rows};
use super::{Candidate, opt_out};
use crate::Error;

/// How often a batch is screened again because others added some of its people meanwhile.
const TRIES: u32 = 5;
/// The keys that such a meeting violates.
const KEYS: [&str; 2] = [
    "contacts_phone_number_campaign_id_key",
    "contacts_campaign_id_external_contact_id_key",
];

/// What became of a batch.
#[derive(Debug)]
pub(super) struct Done {
    /// Contacts who may be called.
    pub(super) accepted: u64,
    /// Contacts who were added and may not.
    pub(super) excluded: u64,
    /// Lines of contacts who were there.
    pub(super) duplicates: Vec<u64>,
    /// Contacts who ask not to be called in a row that comes again.
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
    /// Its place in the batch, from 1; of several the first comes first.
    n: i64,
    is_there: bool,
    is_excluded: bool,
}

/// What can be done before the server is asked, while it is busy with the batch before.
pub(super) struct Batch {
    now: OffsetDateTime,
    campaign: CampaignId,
    /// In the order of their numbers: the index of numbers is walked through in one direction.
    candidates: Vec<(ContactId, Candidate)>,
    /// People who stand above in the batch.
    duplicates: Vec<Candidate>,
    /// All of them, for the server that knows none of them.
    rows: Rows,
}

impl Batch {
    /// Of candidates with the same number or id the first stays.
    pub(super) fn of(
        now: OffsetDateTime,
        campaign: CampaignId,
        candidates: impl Iterator<Item = (ContactId, Candidate)>,
    ) -> Self {
        let (mut numbers, mut ids) = (HashSet::new(), HashSet::new());
        let (mut kept, mut duplicates) = (Vec::new(), Vec::new());
        for (id, candidate) in candidates {
            let contact = &candidate.contact;
            let external = contact.external_contact_id.as_ref();
            if numbers.contains(&contact.phone_number)
                || external.is_some_and(|external| ids.contains(external))
            {
                duplicates.push(candidate);
                continue;
            }
            numbers.insert(contact.phone_number.clone());
            ids.extend(external.cloned());
            kept.push((id, candidate));
        }
        kept.sort_unstable_by(|(_, one), (_, other): &(ContactId, Candidate)| {
            one.contact.phone_number.cmp(&other.contact.phone_number)
        });
        let mut batch = Self {
            now,
            campaign,
            candidates: kept,
            duplicates,
            rows: Rows::new(now, campaign),
        };
        batch.rows = batch.rows(&[]);
        batch
    }

    /// Those of the candidates that are not there, by what is known of them.
    fn rows(&self, known: &[Known]) -> Rows {
        let mut rows = Rows::new(self.now, self.campaign);
        let mut known = known.iter().peekable();
        for (n, (id, candidate)) in (1..).zip(&self.candidates) {
            let known = known.next_if(|known| known.n == n);
            if !known.is_some_and(|known| known.is_there) {
                rows.push(*id, candidate, known.is_some_and(|known| known.is_excluded));
            }
        }
        rows
    }

    /// Adds the candidates that are not there.
    pub(super) async fn add(self, conn: &mut PgConnection, care: &mut Care) -> Result<Done, Error> {
        for _ in 0..TRIES {
            let known = match care {
                Care::Hopeful => listed(conn, &self.candidates).await?,
                Care::Wary => screen(conn, self.campaign, &self.candidates).await?,
            };
            let those_left = (!known.is_empty()).then(|| self.rows(&known));
            let rows = those_left.as_ref().unwrap_or(&self.rows);
            sqlx::query("SAVEPOINT batch").execute(&mut *conn).await?;
            match copy(conn, &rows.text).await {
                Ok(()) => {
                    sqlx::query("RELEASE SAVEPOINT batch")
                        .execute(&mut *conn)
                        .await?;
                    let (accepted, excluded) = (rows.accepted, rows.excluded);
                    let again = self.those_again(&known);
                    let asking = again.iter().copied().filter(|one| one.contact.do_not_call);
                    let mut duplicates: Vec<u64> = again.iter().map(|one| one.line).collect();
                    duplicates.sort_unstable();
                    return Ok(Done {
                        accepted,
                        excluded,
                        duplicates,
                        opting_out: opt_out::contacts(conn, self.campaign, asking).await?,
                    });
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
        Err(Error::TooManyConflicts(self.campaign))
    }

    /// Rows of people who are there, or stand above in the batch.
    fn those_again(&self, known: &[Known]) -> Vec<&Candidate> {
        let there: HashSet<i64> = known
            .iter()
            .filter(|known| known.is_there)
            .map(|known| known.n)
            .collect();
        let those_there = (1..).zip(&self.candidates);
        let those_there = those_there.filter(|(n, _)| there.contains(n));
        self.duplicates
            .iter()
            .chain(those_there.map(|(_, (_, candidate))| candidate))
            .collect()
    }
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
            false AS "is_there!",
            true AS "is_excluded!"
        FROM unnest($1::text[]) WITH ORDINALITY AS given (phone_number, n)
        WHERE EXISTS (
            SELECT 1
            FROM exclusion_list_entries
            WHERE exclusion_list_entries.phone_number = given.phone_number
            OFFSET 0
        )
        ORDER BY given.n
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
            (by_number.id IS NOT NULL OR by_id.id IS NOT NULL) AS "is_there!",
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
        ORDER BY given.n
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
