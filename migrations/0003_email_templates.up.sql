-- The mail templates; a campaign names one for each outcome it writes about.

CREATE TABLE IF NOT EXISTS email_templates (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    type email_template_type NOT NULL,
    locale language_code NOT NULL DEFAULT 'en',
    subject text NOT NULL,
    body_html text NOT NULL,
    body_text text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT email_templates_pkey PRIMARY KEY (id),
    CONSTRAINT email_templates_name_type_locale_key UNIQUE (name, type, locale)
);

COMMENT ON TABLE email_templates IS 'Mail templates, one row a locale: the variants of one template share name and type.';
COMMENT ON COLUMN email_templates.id IS 'Primary key.';
COMMENT ON COLUMN email_templates.name IS 'Name of the template, for people.';
COMMENT ON COLUMN email_templates.type IS 'Outcome the template speaks about.';
COMMENT ON COLUMN email_templates.locale IS 'Language this variant is written in.';
COMMENT ON COLUMN email_templates.subject IS 'Subject line; may hold variables, written {{campaign_name}}.';
COMMENT ON COLUMN email_templates.body_html IS 'HTML body; the values of variables are escaped in it.';
COMMENT ON COLUMN email_templates.body_text IS 'Plain-text body; null sends HTML alone.';
COMMENT ON COLUMN email_templates.created_at IS 'When the row was made.';
COMMENT ON COLUMN email_templates.updated_at IS 'When the row last changed; kept by trigger.';
