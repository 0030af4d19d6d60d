use serde_json::json;
use time::macros::{datetime, time};
use time::{OffsetDateTime, Time};
use uuid::Uuid;

use super::*;
use crate::enums::{
    CallOutcome, CampaignStatus, ContactLanguage, ContactState, EmailStatus, EmailTemplateType,
    EventType, ExclusionSource, LanguageCode, QuestionType, UserRole,
};
use crate::ids::{
    CallAttemptId, CampaignId, ContactId, EmailNotificationId, EmailTemplateId, EventId,
    ExclusionEntryId, SurveyResponseId, TranscriptSnippetId, UserId,
};

const NOW: OffsetDateTime = datetime!(2026-03-01 09:30:00 UTC);
const NINE: Time = time!(09:00);

/// Stands for personal data in every field that may hold some.
const SECRET: &str = "+390212345678";

fn secret() -> String {
    SECRET.to_owned()
}

fn assert_redacted(value: &impl fmt::Debug, hidden_fields: usize) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!text.contains(SECRET), "personal data in {text}");
        assert_eq!(text.matches(": ***").count(), hidden_fields, "{text}");
    }
}

fn contact() -> Contact {
    Contact {
        id: ContactId::from_uuid(Uuid::nil()),
        campaign_id: CampaignId::from_uuid(Uuid::nil()),
        external_contact_id: Some(secret()),
        phone_number: secret(),
        email: Some(secret()),
        preferred_language: ContactLanguage::Auto,
        has_prior_consent: true,
        do_not_call: false,
        state: ContactState::Pending,
        attempts_count: 1,
        last_attempt_at: Some(NOW),
        last_outcome: Some(CallOutcome::NoAnswer),
        time_zone: None,
        next_attempt_at: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

#[test]
fn debug_of_people_shows_no_personal_data() {
    assert_redacted(&contact(), 3);
    let user = User {
        id: UserId::from_uuid(Uuid::nil()),
        oidc_sub: secret(),
        email: secret(),
        name: secret(),
        role: UserRole::Viewer,
        created_at: NOW,
        updated_at: NOW,
    };
    assert_redacted(&user, 3);
    let entry = ExclusionEntry {
        id: ExclusionEntryId::from_uuid(Uuid::nil()),
        phone_number: secret(),
        reason: Some(secret()),
        source: ExclusionSource::Manual,
        created_at: NOW,
    };
    assert_redacted(&entry, 2);
}

#[test]
fn debug_of_calls_shows_no_personal_data() {
    let attempt = CallAttempt {
        id: CallAttemptId::from_uuid(Uuid::nil()),
        contact_id: ContactId::from_uuid(Uuid::nil()),
        campaign_id: CampaignId::from_uuid(Uuid::nil()),
        attempt_number: 1,
        call_id: "call-1".to_owned(),
        provider_call_id: None,
        started_at: NOW,
        answered_at: None,
        ended_at: None,
        outcome: None,
        provider_raw_status: None,
        error_code: None,
        metadata: json!({ "to": SECRET }),
        consent_given: None,
        consent_recorded_at: None,
    };
    assert_redacted(&attempt, 1);
    let response = SurveyResponse {
        id: SurveyResponseId::from_uuid(Uuid::nil()),
        contact_id: ContactId::from_uuid(Uuid::nil()),
        campaign_id: CampaignId::from_uuid(Uuid::nil()),
        call_attempt_id: CallAttemptId::from_uuid(Uuid::nil()),
        q1_answer: Some(secret()),
        q2_answer: Some(secret()),
        q3_answer: Some(secret()),
        q1_confidence: Some(Decimal::new(95, 2)),
        q2_confidence: None,
        q3_confidence: None,
        completed_at: NOW,
    };
    assert_redacted(&response, 3);
    assert_eq!(
        serde_json::to_value(&response).unwrap()["q1_confidence"],
        "0.95"
    );
    assert!(serde_json::to_value(&response).unwrap()["q2_confidence"].is_null());
    let snippet = TranscriptSnippet {
        id: TranscriptSnippetId::from_uuid(Uuid::nil()),
        call_attempt_id: CallAttemptId::from_uuid(Uuid::nil()),
        transcript_text: secret(),
        language: LanguageCode::It,
        created_at: NOW,
    };
    assert_redacted(&snippet, 1);
}

#[test]
fn debug_of_mails_shows_no_personal_data() {
    let event = Event {
        id: EventId::from_uuid(Uuid::nil()),
        event_type: EventType::SurveyCompleted,
        campaign_id: CampaignId::from_uuid(Uuid::nil()),
        contact_id: ContactId::from_uuid(Uuid::nil()),
        call_attempt_id: None,
        payload: json!({ "phone": SECRET }),
        created_at: NOW,
    };
    assert_redacted(&event, 1);
    let notification = EmailNotification {
        id: EmailNotificationId::from_uuid(Uuid::nil()),
        event_id: EventId::from_uuid(Uuid::nil()),
        contact_id: ContactId::from_uuid(Uuid::nil()),
        campaign_id: CampaignId::from_uuid(Uuid::nil()),
        template_id: EmailTemplateId::from_uuid(Uuid::nil()),
        to_email: secret(),
        status: EmailStatus::Pending,
        provider_message_id: None,
        error_message: Some(secret()),
        attempts_count: 0,
        next_attempt_at: None,
        created_at: NOW,
        updated_at: NOW,
    };
    assert_redacted(&notification, 2);
}

#[test]
fn json_shows_every_field_and_writes_times_as_rfc_3339() {
    let json = serde_json::to_value(contact()).unwrap();
    assert_eq!(json["phone_number"], SECRET);
    assert_eq!(json["state"], "pending");
    assert_eq!(json["last_attempt_at"], "2026-03-01T09:30:00Z");
    assert!(json["next_attempt_at"].is_null());

    let campaign = Campaign {
        id: CampaignId::from_uuid(Uuid::nil()),
        name: "Spring".to_owned(),
        description: None,
        status: CampaignStatus::Draft,
        language: LanguageCode::En,
        intro_script: String::new(),
        question_1_text: String::new(),
        question_1_type: QuestionType::Scale,
        question_2_text: String::new(),
        question_2_type: QuestionType::Numeric,
        question_3_text: String::new(),
        question_3_type: QuestionType::FreeText,
        max_attempts: 3,
        retry_interval_minutes: 60,
        allowed_call_start_local: NINE,
        allowed_call_end_local: time!(20:00),
        time_zone: "Europe/Rome".to_owned(),
        email_completed_template_id: None,
        email_refused_template_id: None,
        email_not_reached_template_id: None,
        created_by_user_id: UserId::from_uuid(Uuid::nil()),
        created_at: NOW,
        updated_at: NOW,
    };
    let json = serde_json::to_value(&campaign).unwrap();
    assert_eq!(json["allowed_call_start_local"], "09:00:00");
    assert_eq!(json["created_at"], "2026-03-01T09:30:00Z");
}

#[test]
fn the_type_of_a_template_is_called_type_in_json() {
    let template = EmailTemplate {
        id: EmailTemplateId::from_uuid(Uuid::nil()),
        name: "Thanks".to_owned(),
        r#type: EmailTemplateType::Completed,
        locale: LanguageCode::En,
        subject: String::new(),
        body_html: String::new(),
        body_text: None,
        created_at: NOW,
        updated_at: NOW,
    };
    assert_eq!(
        serde_json::to_value(&template).unwrap()["type"],
        "completed"
    );
}
