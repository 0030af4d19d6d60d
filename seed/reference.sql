-- What every installation starts with: an administrator, the provider configuration, six mail
-- templates, two exclusions. Ten rows.
--
-- Ids are fixed and conflicts ignored, on every key: a second run changes nothing, and what a
-- person has edited since stays as edited. Addresses and numbers come from ranges reserved for
-- fiction (RFC 2606, Ofcom, NANPA 555-01xx), so nothing here can reach anybody.
--
-- Variables of the templates, written {{so}}:
--   campaign_name   the campaign's name
--   completed_at    when the survey was completed, refused or given up, local to the contact
--   attempts_count  how many calls were made
--   reply_to        the address that answers questions and takes objections

INSERT INTO users (id, oidc_sub, email, name, role) VALUES
    ('01990000-0000-7000-8000-000000000101', 'seed|admin', 'admin@vsa.example', 'Alex Admin', 'admin')
ON CONFLICT DO NOTHING;

INSERT INTO provider_configs (
    id, provider_type, provider_name, outbound_number, max_concurrent_calls,
    llm_provider, llm_model, recording_retention_days, transcript_retention_days
) VALUES (
    '01990000-0000-7000-8000-000000000201', 'telephony_api', 'example-telephony', '+442079460100', 5,
    'openai', 'gpt-4o-mini', 180, 180
)
ON CONFLICT DO NOTHING;

INSERT INTO email_templates (id, name, type, locale, subject, body_html, body_text) VALUES
    (
        '01990000-0000-7000-8000-000000000301', 'Survey completed', 'completed', 'en',
        'Thank you for answering "{{campaign_name}}"',
        '<p>Hello,</p>
<p>thank you for answering our survey <strong>{{campaign_name}}</strong> on {{completed_at}}.
Your answers have been recorded and will be used for this survey only.</p>
<p>To see, correct or delete them, write to {{reply_to}}.</p>',
        'Hello,

thank you for answering our survey "{{campaign_name}}" on {{completed_at}}.
Your answers have been recorded and will be used for this survey only.

To see, correct or delete them, write to {{reply_to}}.
'
    ),
    (
        '01990000-0000-7000-8000-000000000302', 'Survey completed', 'completed', 'it',
        'Grazie per aver risposto a «{{campaign_name}}»',
        '<p>Buongiorno,</p>
<p>grazie per aver risposto al nostro sondaggio <strong>{{campaign_name}}</strong> il {{completed_at}}.
Le sue risposte sono state registrate e saranno usate solo per questo sondaggio.</p>
<p>Per vederle, correggerle o cancellarle, scriva a {{reply_to}}.</p>',
        'Buongiorno,

grazie per aver risposto al nostro sondaggio «{{campaign_name}}» il {{completed_at}}.
Le sue risposte sono state registrate e saranno usate solo per questo sondaggio.

Per vederle, correggerle o cancellarle, scriva a {{reply_to}}.
'
    ),
    (
        '01990000-0000-7000-8000-000000000303', 'Survey refused', 'refused', 'en',
        'You will not be called again about "{{campaign_name}}"',
        '<p>Hello,</p>
<p>on {{completed_at}} you told us that you do not wish to take part in our survey
<strong>{{campaign_name}}</strong>. We respect that: you will not be called about it again,
and no answers were recorded.</p>
<p>If you wish never to be called by us, write to {{reply_to}}.</p>',
        'Hello,

on {{completed_at}} you told us that you do not wish to take part in our survey
"{{campaign_name}}". We respect that: you will not be called about it again,
and no answers were recorded.

If you wish never to be called by us, write to {{reply_to}}.
'
    ),
    (
        '01990000-0000-7000-8000-000000000304', 'Survey refused', 'refused', 'it',
        'Non la richiameremo per «{{campaign_name}}»',
        '<p>Buongiorno,</p>
<p>il {{completed_at}} ci ha detto che non desidera partecipare al nostro sondaggio
<strong>{{campaign_name}}</strong>. Rispettiamo la sua scelta: non la richiameremo per questo motivo
e nessuna risposta è stata registrata.</p>
<p>Se desidera non ricevere più nostre chiamate, scriva a {{reply_to}}.</p>',
        'Buongiorno,

il {{completed_at}} ci ha detto che non desidera partecipare al nostro sondaggio
«{{campaign_name}}». Rispettiamo la sua scelta: non la richiameremo per questo motivo
e nessuna risposta è stata registrata.

Se desidera non ricevere più nostre chiamate, scriva a {{reply_to}}.
'
    ),
    (
        '01990000-0000-7000-8000-000000000305', 'Survey not reached', 'not_reached', 'en',
        'We could not reach you about "{{campaign_name}}"',
        '<p>Hello,</p>
<p>we tried to reach you by phone for our survey <strong>{{campaign_name}}</strong>.
Calls made: {{attempts_count}}; the last on {{completed_at}}. We will not call about it again.</p>
<p>If you would still like to take part, or wish never to be called by us, write to {{reply_to}}.</p>',
        'Hello,

we tried to reach you by phone for our survey "{{campaign_name}}".
Calls made: {{attempts_count}}; the last on {{completed_at}}. We will not call about it again.

If you would still like to take part, or wish never to be called by us, write to {{reply_to}}.
'
    ),
    (
        '01990000-0000-7000-8000-000000000306', 'Survey not reached', 'not_reached', 'it',
        'Non siamo riusciti a contattarla per «{{campaign_name}}»',
        '<p>Buongiorno,</p>
<p>abbiamo provato a contattarla per telefono per il nostro sondaggio <strong>{{campaign_name}}</strong>.
Chiamate effettuate: {{attempts_count}}; l’ultima il {{completed_at}}. Non la richiameremo per questo motivo.</p>
<p>Se desidera comunque partecipare, o non ricevere più nostre chiamate, scriva a {{reply_to}}.</p>',
        'Buongiorno,

abbiamo provato a contattarla per telefono per il nostro sondaggio «{{campaign_name}}».
Chiamate effettuate: {{attempts_count}}; l’ultima il {{completed_at}}. Non la richiameremo per questo motivo.

Se desidera comunque partecipare, o non ricevere più nostre chiamate, scriva a {{reply_to}}.
'
    )
ON CONFLICT DO NOTHING;

INSERT INTO exclusion_list_entries (id, phone_number, reason, source) VALUES
    ('01990000-0000-7000-8000-000000000401', '+12025550143', 'Registered with the national do-not-call registry', 'import'),
    ('01990000-0000-7000-8000-000000000402', '+447700900900', 'Asked by letter never to be called', 'manual')
ON CONFLICT DO NOTHING;
