//! The record of who did what. Append-only: the database refuses to change a row of it.
//!
//! [`record`] is called in the transaction of the change, so that there is neither a change without
//! its record nor a record without its change.

use rand::Rng;
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::ids::{AuditEntryId, CampaignId, UserId};

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        /// What can be done that must be provable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $name,)+
        }

        impl Action {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// As it stands in the log: subject and verb, with a dot between.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

actions! {
    /// A draft was made.
    CampaignCreate = "campaign.create";
    /// Content or policy of a campaign was changed.
    CampaignEdit = "campaign.edit";
    /// A campaign got a start.
    CampaignSchedule = "campaign.schedule";
    /// Calling began.
    CampaignActivate = "campaign.activate";
    /// Calling was interrupted.
    CampaignPause = "campaign.pause";
    /// Calling goes on.
    CampaignResume = "campaign.resume";
    /// A campaign is over.
    CampaignComplete = "campaign.complete";
    /// A campaign was given up.
    CampaignCancel = "campaign.cancel";
    /// Results left the system.
    ResultsExport = "results.export";
    /// One contact was added.
    ContactAdd = "contact.add";
    /// Contacts came from a file.
    ContactsImport = "contacts.import";
    /// A person was erased.
    ContactErase = "contact.erase";
    /// A number was put on the do-not-call list.
    ExclusionAdd = "exclusion.add";
    /// Numbers of a file were put on the do-not-call list.
    ExclusionsImport = "exclusions.import";
    /// A number was taken off the do-not-call list.
    ExclusionRemove = "exclusion.remove";
}

/// Something that was done. `before` and `after` hold ids, counts and names of fields, and values of
/// campaigns: never a person's number, address or words, for nothing can be erased from the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What.
    pub action: Action,
    /// To which campaign, or in which.
    pub campaign: Option<CampaignId>,
    /// To which row, where that is not the campaign.
    pub subject: Option<Uuid>,
    /// What was there before.
    pub before: Option<Value>,
    /// What is there since.
    pub after: Option<Value>,
}

impl Change {
    /// Of which nothing is known but what it was; the rest is filled in.
    pub const fn new(action: Action) -> Self {
        Self {
            action,
            campaign: None,
            subject: None,
            before: None,
            after: None,
        }
    }
}

/// Adds an entry: `by` did this `now`; nobody is the system itself.
pub async fn record(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    by: Option<UserId>,
    change: &Change,
) -> Result<AuditEntryId, sqlx::Error> {
    let id = AuditEntryId::generate(now, rng);
    sqlx::query(
        "INSERT INTO audit_log (id, user_id, action, campaign_id, subject_id, before, after, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(by)
    .bind(change.action.as_str())
    .bind(change.campaign)
    .bind(change.subject)
    .bind(&change.before)
    .bind(&change.after)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(id)
}

/// Adds an entry for each of several rows that the same was done to, in one statement: the campaign
/// each is in, and the row itself. [`Change::campaign`] and [`Change::subject`] are not looked at.
pub async fn record_each(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    by: Option<UserId>,
    change: &Change,
    rows: &[(CampaignId, Uuid)],
) -> Result<(), sqlx::Error> {
    let ids: Vec<AuditEntryId> = rows
        .iter()
        .map(|_| AuditEntryId::generate(now, rng))
        .collect();
    let (campaigns, subjects): (Vec<CampaignId>, Vec<Uuid>) = rows.iter().copied().unzip();
    sqlx::query(
        "INSERT INTO audit_log (id, user_id, action, campaign_id, subject_id, before, after, created_at)
         SELECT row.id, $4, $5, row.campaign_id, row.subject_id, $6, $7, $8
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS row (id, campaign_id, subject_id)",
    )
    .bind(ids)
    .bind(campaigns)
    .bind(subjects)
    .bind(by)
    .bind(change.action.as_str())
    .bind(&change.before)
    .bind(&change.after)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}
