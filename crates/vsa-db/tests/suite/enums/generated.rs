// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

each_enum! {
    CallOutcome, CampaignStatus, ContactLanguage, ContactState, EmailStatus, EmailTemplateType,
    EventType, ExclusionSource, LanguageCode, LlmProvider, ProviderType, QuestionType, UserRole
}
