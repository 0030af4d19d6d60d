// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

ids! {
    UserId, EmailTemplateId, CampaignId, ContactId, ExclusionEntryId, CallAttemptId,
    SurveyResponseId, EventId, EmailNotificationId, ProviderConfigId, TranscriptSnippetId,
    AuditEntryId
}

enums! {
    CallOutcome, CampaignStatus, ContactLanguage, ContactState, EmailStatus, EmailTemplateType,
    EventType, ExclusionSource, LanguageCode, LlmProvider, ProviderType, QuestionType, UserRole
}

samples! {
    User {
        plain: id, role, created_at, updated_at;
        secret: oidc_sub, email, name;
    }
    EmailTemplate {
        plain: id, name, r#type, locale, subject, body_html, body_text, created_at, updated_at;
        secret: ;
    }
    Campaign {
        plain:
            id, name, description, status, language, intro_script, question_1_text, question_1_type,
            question_2_text, question_2_type, question_3_text, question_3_type, max_attempts,
            retry_interval_minutes, allowed_call_start_local, allowed_call_end_local, time_zone,
            email_completed_template_id, email_refused_template_id, email_not_reached_template_id,
            created_by_user_id, created_at, updated_at, version, starts_at;
        secret: ;
    }
    Contact {
        plain:
            id, campaign_id, preferred_language, has_prior_consent, do_not_call, state,
            attempts_count, last_attempt_at, last_outcome, time_zone, next_attempt_at, created_at,
            updated_at, erased_at;
        secret: external_contact_id, phone_number, email;
    }
    ExclusionEntry {
        plain: id, source, created_at, seq;
        secret: phone_number, reason;
    }
    CallAttempt {
        plain:
            id, contact_id, campaign_id, attempt_number, call_id, provider_call_id, started_at,
            answered_at, ended_at, outcome, provider_raw_status, error_code, consent_given,
            consent_recorded_at;
        secret: metadata;
    }
    SurveyResponse {
        plain:
            id, contact_id, campaign_id, call_attempt_id, q1_confidence, q2_confidence,
            q3_confidence, completed_at;
        secret: q1_answer, q2_answer, q3_answer;
    }
    Event {
        plain: id, event_type, campaign_id, contact_id, call_attempt_id, created_at;
        secret: payload;
    }
    EmailNotification {
        plain:
            id, event_id, contact_id, campaign_id, template_id, status, provider_message_id,
            attempts_count, next_attempt_at, created_at, updated_at;
        secret: to_email, error_message;
    }
    ProviderConfig {
        plain:
            id, provider_type, provider_name, outbound_number, max_concurrent_calls, llm_provider,
            llm_model, recording_retention_days, transcript_retention_days, created_at, updated_at;
        secret: ;
    }
    TranscriptSnippet {
        plain: id, call_attempt_id, language, created_at;
        secret: transcript_text;
    }
    CampaignCounts {
        plain:
            campaign_id, to_call, completed, refused, not_reached, excluded, calls_completed,
            calls_refused, calls_no_answer, calls_busy, calls_failed, talks, talk_seconds;
        secret: ;
    }
    CampaignHour {
        plain: campaign_id, hour, calls;
        secret: ;
    }
    CampaignCountDelta {
        plain:
            id, campaign_id, hour, to_call, completed, refused, not_reached, excluded, calls,
            calls_completed, calls_refused, calls_no_answer, calls_busy, calls_failed, talks,
            talk_seconds;
        secret: ;
    }
    AuditEntry {
        plain: id, user_id, action, campaign_id, subject_id, before, after, created_at;
        secret: ;
    }
}
