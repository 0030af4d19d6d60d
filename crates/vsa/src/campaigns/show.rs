//! Campaigns as people read them.

use vsa_campaigns::Content;
use vsa_campaigns::stats::{Activity, Stats};
use vsa_db::models::Campaign;

use crate::failure::Failure;
use crate::output::{percent, print, print_fields, print_table, time};

pub(super) fn table(campaigns: &[Campaign]) -> Result<(), Failure> {
    let rows = campaigns.iter().map(|campaign| {
        vec![
            campaign.id.to_string(),
            campaign.status.to_string(),
            campaign.name.clone(),
            time(Some(campaign.created_at)),
        ]
    });
    print_table(&["ID", "STATUS", "NAME", "CREATED"], rows.collect())
}

pub(super) fn fields(campaign: &Campaign) -> Result<(), Failure> {
    let content = Content::of(campaign);
    let template = |id: Option<_>| {
        id.map_or_else(
            || "none".to_owned(),
            |id: vsa_db::ids::EmailTemplateId| id.to_string(),
        )
    };
    let mut fields = vec![
        ("id", campaign.id.to_string()),
        ("name", content.name),
        ("description", content.description.unwrap_or_default()),
        ("status", campaign.status.to_string()),
        ("version", campaign.version.to_string()),
        ("starts", time(campaign.starts_at)),
        ("language", content.language.to_string()),
        ("intro script", content.intro_script),
    ];
    for (label, question) in ["question 1", "question 2", "question 3"]
        .into_iter()
        .zip(content.questions)
    {
        fields.push((label, format!("{} ({})", question.text, question.kind)));
    }
    fields.extend([
        ("attempts", format!("at most {}", content.max_attempts)),
        (
            "retry",
            format!("after {} minutes", content.retry_interval_minutes),
        ),
        (
            "call window",
            format!(
                "{} to {}, {} unless the contact has a zone",
                content.allowed_call_start_local, content.allowed_call_end_local, content.time_zone
            ),
        ),
        (
            "mail: completed",
            template(content.email_completed_template_id),
        ),
        ("mail: refused", template(content.email_refused_template_id)),
        (
            "mail: not reached",
            template(content.email_not_reached_template_id),
        ),
        ("created", time(Some(campaign.created_at))),
        ("changed", time(Some(campaign.updated_at))),
    ]);
    print_fields(&fields)
}

pub(super) fn stats(stats: &Stats, activity: &Activity) -> Result<(), Failure> {
    let (contacts, calls) = (&stats.contacts, &stats.calls);
    print_fields(&[
        ("contacts", contacts.total.to_string()),
        ("  pending", contacts.pending.to_string()),
        ("  in progress", contacts.in_progress.to_string()),
        (
            "  completed",
            format!("{}  {}", contacts.completed, percent(stats.completion_rate)),
        ),
        (
            "  refused",
            format!("{}  {}", contacts.refused, percent(stats.refusal_rate)),
        ),
        (
            "  not reached",
            format!(
                "{}  {}",
                contacts.not_reached,
                percent(stats.not_reached_rate)
            ),
        ),
        ("  excluded", contacts.excluded.to_string()),
        ("calls", calls.total.to_string()),
        ("  open", calls.open.to_string()),
        ("  completed", calls.completed.to_string()),
        ("  refused", calls.refused.to_string()),
        ("  no answer", calls.no_answer.to_string()),
        ("  busy", calls.busy.to_string()),
        ("  failed", calls.failed.to_string()),
        (
            "average call",
            stats
                .average_call_seconds
                .map_or_else(|| "–".to_owned(), |seconds| format!("{seconds:.0} s")),
        ),
    ])?;
    if !activity.days.is_empty() {
        print("\n")?;
        let rows = activity
            .days
            .iter()
            .map(|day| vec![day.day.to_string(), day.calls.to_string()]);
        print_table(&["DAY", "CALLS"], rows.collect())?;
    }
    if !activity.hours.is_empty() {
        print("\n")?;
        let rows = activity
            .hours
            .iter()
            .map(|hour| vec![time(Some(hour.hour)), hour.calls.to_string()]);
        print_table(&["HOUR", "CALLS"], rows.collect())?;
    }
    Ok(())
}
