-- refuse_change(), audit_log, audit_log_campaign_id_id_idx, audit_log_subject_id_idx, audit_log_user_id_idx, audit_log_refuse_change.
-- What takes a short lock, in one transaction.

CREATE OR REPLACE FUNCTION refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION '% is append-only: it takes no %', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege', TABLE = TG_TABLE_NAME;
END
$function$;

CREATE TABLE IF NOT EXISTS audit_log (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id uuid,
    action text NOT NULL,
    campaign_id uuid,
    subject_id uuid,
    before jsonb,
    after jsonb,
    created_at timestamp with time zone NOT NULL DEFAULT now(),
    CONSTRAINT audit_log_action_check CHECK ((action ~ '^[a-z_]+\.[a-z_]+$'::text)),
    CONSTRAINT audit_log_pkey PRIMARY KEY (id),
    CONSTRAINT audit_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE RESTRICT
);

CREATE INDEX IF NOT EXISTS audit_log_campaign_id_id_idx ON audit_log (campaign_id, id) WHERE campaign_id IS NOT NULL;

CREATE INDEX IF NOT EXISTS audit_log_subject_id_idx ON audit_log (subject_id) WHERE subject_id IS NOT NULL;

CREATE INDEX IF NOT EXISTS audit_log_user_id_idx ON audit_log (user_id);

CREATE OR REPLACE TRIGGER audit_log_refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

COMMENT ON FUNCTION refuse_change() IS 'Refuses what would change or delete rows of an append-only table.';

COMMENT ON TABLE audit_log IS 'Who did what, and when: every change of a campaign, every import, exclusion, export and erasure. Append-only.';

COMMENT ON COLUMN audit_log.id IS 'Primary key.';

COMMENT ON COLUMN audit_log.user_id IS 'Who did it; null is the system itself.';

COMMENT ON COLUMN audit_log.action IS 'What was done, such as campaign.activate.';

COMMENT ON COLUMN audit_log.campaign_id IS 'Campaign it was done to or in; null if to none.';

COMMENT ON COLUMN audit_log.subject_id IS 'Row it was done to, where that is not the campaign: a contact, an exclusion.';

COMMENT ON COLUMN audit_log.before IS 'What was there before; never personal data.';

COMMENT ON COLUMN audit_log.after IS 'What is there since; never personal data.';

COMMENT ON COLUMN audit_log.created_at IS 'When it was done.';

COMMENT ON INDEX audit_log_campaign_id_id_idx IS 'Serves the audit of one campaign, newest first.';

COMMENT ON INDEX audit_log_subject_id_idx IS 'Serves the proof that something was done to a contact or an exclusion.';

COMMENT ON TRIGGER audit_log_refuse_change ON audit_log IS 'What was recorded stays.';
