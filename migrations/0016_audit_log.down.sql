-- refuse_change(), audit_log, audit_log_campaign_id_id_idx, audit_log_subject_id_idx, audit_log_user_id_idx, audit_log_refuse_change.
-- Takes it back: the schema is exactly what it was before.

-- audit_log: deletes data, cannot be undone.
DROP TABLE IF EXISTS audit_log;

DROP FUNCTION IF EXISTS refuse_change();
