// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

ids! {
    /// Names a row of `users`; see [`User`](crate::models::User).
    UserId;
    /// Names a row of `email_templates`; see [`EmailTemplate`](crate::models::EmailTemplate).
    EmailTemplateId;
    /// Names a row of `campaigns`; see [`Campaign`](crate::models::Campaign).
    CampaignId;
    /// Names a row of `contacts`; see [`Contact`](crate::models::Contact).
    ContactId;
    /// Names a row of `exclusion_list_entries`; see
    /// [`ExclusionEntry`](crate::models::ExclusionEntry).
    ExclusionEntryId;
    /// Names a row of `call_attempts`; see [`CallAttempt`](crate::models::CallAttempt).
    CallAttemptId;
    /// Names a row of `survey_responses`; see [`SurveyResponse`](crate::models::SurveyResponse).
    SurveyResponseId;
    /// Names a row of `events`; see [`Event`](crate::models::Event).
    EventId;
    /// Names a row of `email_notifications`; see
    /// [`EmailNotification`](crate::models::EmailNotification).
    EmailNotificationId;
    /// Names a row of `provider_configs`; see [`ProviderConfig`](crate::models::ProviderConfig).
    ProviderConfigId;
    /// Names a row of `transcript_snippets`; see
    /// [`TranscriptSnippet`](crate::models::TranscriptSnippet).
    TranscriptSnippetId;
    /// Names a row of `audit_log`; see [`AuditEntry`](crate::models::AuditEntry).
    AuditEntryId;
}
