-- One row in every table but the exclusion list and the provider configuration; only what
-- has no default is stated. Ids end in the number of the table's migration.
INSERT INTO users (id, oidc_sub, email, name)
VALUES ('00000000-0000-4000-8000-000000000002', 'sub-1', 'Owner@example.org', 'Owner');

INSERT INTO email_templates (id, name, type, subject, body_html)
VALUES ('00000000-0000-4000-8000-000000000003', 'Thanks', 'completed', 'Thanks', '<p>Thanks</p>');

INSERT INTO campaigns (
    id, name, intro_script, question_1_text, question_1_type, question_2_text, question_2_type,
    question_3_text, question_3_type, email_completed_template_id, created_by_user_id
) VALUES (
    '00000000-0000-4000-8000-000000000004', 'Spring', 'Hello.', 'One?', 'scale', 'Two?', 'numeric',
    'Three?', 'free_text', '00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000002'
);

INSERT INTO contacts (id, campaign_id, external_contact_id, phone_number)
VALUES ('00000000-0000-4000-8000-000000000005', '00000000-0000-4000-8000-000000000004', 'ext-1', '+12025550101');

INSERT INTO call_attempts (id, contact_id, campaign_id, attempt_number, call_id, provider_call_id)
VALUES (
    '00000000-0000-4000-8000-000000000007', '00000000-0000-4000-8000-000000000005',
    '00000000-0000-4000-8000-000000000004', 1, 'call-1', 'provider-1'
);

INSERT INTO survey_responses (id, contact_id, campaign_id, call_attempt_id)
VALUES (
    '00000000-0000-4000-8000-000000000008', '00000000-0000-4000-8000-000000000005',
    '00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000007'
);

INSERT INTO events (id, event_type, campaign_id, contact_id)
VALUES (
    '00000000-0000-4000-8000-000000000009', 'survey.completed',
    '00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000005'
);

INSERT INTO email_notifications (id, event_id, contact_id, campaign_id, template_id, to_email)
VALUES (
    '00000000-0000-4000-8000-000000000010', '00000000-0000-4000-8000-000000000009',
    '00000000-0000-4000-8000-000000000005', '00000000-0000-4000-8000-000000000004',
    '00000000-0000-4000-8000-000000000003', 'someone@example.org'
);

INSERT INTO transcript_snippets (id, call_attempt_id, transcript_text)
VALUES ('00000000-0000-4000-8000-000000000012', '00000000-0000-4000-8000-000000000007', 'Yes.');
