// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use super::Model;

/// Every model.
pub(crate) const MODELS: &[Model] = &[
    Model {
        table: "users",
        name: "User",
        source: include_str!("../../../src/models/generated/user.rs"),
    },
    Model {
        table: "email_templates",
        name: "EmailTemplate",
        source: include_str!("../../../src/models/generated/email_template.rs"),
    },
    Model {
        table: "campaigns",
        name: "Campaign",
        source: include_str!("../../../src/models/generated/campaign.rs"),
    },
    Model {
        table: "contacts",
        name: "Contact",
        source: include_str!("../../../src/models/generated/contact.rs"),
    },
    Model {
        table: "exclusion_list_entries",
        name: "ExclusionEntry",
        source: include_str!("../../../src/models/generated/exclusion_entry.rs"),
    },
    Model {
        table: "call_attempts",
        name: "CallAttempt",
        source: include_str!("../../../src/models/generated/call_attempt.rs"),
    },
    Model {
        table: "survey_responses",
        name: "SurveyResponse",
        source: include_str!("../../../src/models/generated/survey_response.rs"),
    },
    Model {
        table: "events",
        name: "Event",
        source: include_str!("../../../src/models/generated/event.rs"),
    },
    Model {
        table: "email_notifications",
        name: "EmailNotification",
        source: include_str!("../../../src/models/generated/email_notification.rs"),
    },
    Model {
        table: "provider_configs",
        name: "ProviderConfig",
        source: include_str!("../../../src/models/generated/provider_config.rs"),
    },
    Model {
        table: "transcript_snippets",
        name: "TranscriptSnippet",
        source: include_str!("../../../src/models/generated/transcript_snippet.rs"),
    },
    Model {
        table: "campaign_counts",
        name: "CampaignCounts",
        source: include_str!("../../../src/models/generated/campaign_counts.rs"),
    },
    Model {
        table: "campaign_hours",
        name: "CampaignHour",
        source: include_str!("../../../src/models/generated/campaign_hour.rs"),
    },
    Model {
        table: "campaign_count_deltas",
        name: "CampaignCountDelta",
        source: include_str!("../../../src/models/generated/campaign_count_delta.rs"),
    },
    Model {
        table: "audit_log",
        name: "AuditEntry",
        source: include_str!("../../../src/models/generated/audit_entry.rs"),
    },
];
