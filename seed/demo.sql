-- What a newcomer can look at and try: two more users, a campaign ready to be activated, five
-- contacts, an exclusion. Nine rows on top of reference.sql, whose rules hold here too.
--
-- The campaign finds its owner and its templates by id or, where a person made them by hand
-- before, by their natural keys. Italy reserves no numbers for fiction, so the Italian-speaking
-- contacts have French (ARCEP) and British (Ofcom) ones.

INSERT INTO users (id, oidc_sub, email, name, role) VALUES
    ('01990000-0000-7000-8000-000000000102', 'seed|campaign-manager', 'manager@vsa.example', 'Maria Manager', 'campaign_manager'),
    ('01990000-0000-7000-8000-000000000103', 'seed|viewer', 'viewer@vsa.example', 'Victor Viewer', 'viewer')
ON CONFLICT DO NOTHING;

INSERT INTO campaigns (
    id, name, description, status, language, intro_script,
    question_1_text, question_1_type,
    question_2_text, question_2_type,
    question_3_text, question_3_type,
    max_attempts, retry_interval_minutes, allowed_call_start_local, allowed_call_end_local, time_zone,
    email_completed_template_id, email_refused_template_id, email_not_reached_template_id,
    created_by_user_id
)
SELECT
    '01990000-0000-7000-8000-000000000501',
    'Service satisfaction',
    'How satisfied customers are with the service they received, and what they would change.',
    'draft',
    'en',
    'Hello, this is the automated assistant of Example Energy, calling on behalf of its customer service. '
    'We are asking our customers three short questions about the service they received, to make it better. '
    'It takes about two minutes. Your answers are transcribed, kept for at most six months and used for this '
    'survey only; you may stop at any time. Do you agree to take part?',
    'On a scale from one to ten, how satisfied are you with the service you received?',
    'scale',
    'How many times have you contacted our customer service in the last twelve months?',
    'numeric',
    'What is the one thing we should do better?',
    'free_text',
    3, 60, '09:00', '20:00', 'Europe/Rome',
    (
        SELECT id FROM email_templates
        WHERE id = '01990000-0000-7000-8000-000000000301' OR (name, type, locale) = ('Survey completed', 'completed', 'en')
        ORDER BY id <> '01990000-0000-7000-8000-000000000301' LIMIT 1
    ),
    (
        SELECT id FROM email_templates
        WHERE id = '01990000-0000-7000-8000-000000000303' OR (name, type, locale) = ('Survey refused', 'refused', 'en')
        ORDER BY id <> '01990000-0000-7000-8000-000000000303' LIMIT 1
    ),
    (
        SELECT id FROM email_templates
        WHERE id = '01990000-0000-7000-8000-000000000305' OR (name, type, locale) = ('Survey not reached', 'not_reached', 'en')
        ORDER BY id <> '01990000-0000-7000-8000-000000000305' LIMIT 1
    ),
    (
        SELECT id FROM users
        WHERE id = '01990000-0000-7000-8000-000000000102' OR oidc_sub = 'seed|campaign-manager' OR lower(email) = 'manager@vsa.example'
        ORDER BY id <> '01990000-0000-7000-8000-000000000102', oidc_sub <> 'seed|campaign-manager' LIMIT 1
    )
ON CONFLICT DO NOTHING;

INSERT INTO contacts (
    id, campaign_id, external_contact_id, phone_number, email,
    preferred_language, has_prior_consent, do_not_call, state, time_zone, next_attempt_at
) VALUES
    ('01990000-0000-7000-8000-000000000601', '01990000-0000-7000-8000-000000000501', 'DEMO-001', '+447700900001', 'emma@contacts.example', 'en', true, false, 'pending', 'Europe/London', '2026-01-07 09:00+00'),
    ('01990000-0000-7000-8000-000000000602', '01990000-0000-7000-8000-000000000501', 'DEMO-002', '+33639980002', 'giulia@contacts.example', 'it', true, false, 'pending', NULL, '2026-01-07 08:00+00'),
    ('01990000-0000-7000-8000-000000000603', '01990000-0000-7000-8000-000000000501', 'DEMO-003', '+447700900003', 'marco@contacts.example', 'it', false, false, 'pending', NULL, '2026-01-07 08:00+00'),
    ('01990000-0000-7000-8000-000000000604', '01990000-0000-7000-8000-000000000501', 'DEMO-004', '+12025550104', NULL, 'auto', false, false, 'pending', 'America/New_York', '2026-01-07 14:00+00'),
    ('01990000-0000-7000-8000-000000000605', '01990000-0000-7000-8000-000000000501', 'DEMO-005', '+33199000005', 'chiara@contacts.example', 'it', false, true, 'excluded', NULL, NULL)
ON CONFLICT DO NOTHING;

INSERT INTO exclusion_list_entries (id, phone_number, reason, source) VALUES
    ('01990000-0000-7000-8000-000000000403', '+33199000005', 'Asked during an earlier survey not to be called again', 'api')
ON CONFLICT DO NOTHING;
