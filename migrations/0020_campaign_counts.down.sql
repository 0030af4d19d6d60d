-- count_calls(), count_contacts(), campaign_count_deltas, campaign_counts, campaign_hours, call_attempts_count_deleted, call_attempts_count_inserted, call_attempts_count_updated, contacts_count_deleted, contacts_count_inserted, contacts_count_updated.
-- Takes it back: the schema is exactly what it was before.

DROP TRIGGER IF EXISTS call_attempts_count_deleted ON call_attempts;

DROP TRIGGER IF EXISTS call_attempts_count_inserted ON call_attempts;

DROP TRIGGER IF EXISTS call_attempts_count_updated ON call_attempts;

DROP TRIGGER IF EXISTS contacts_count_deleted ON contacts;

DROP TRIGGER IF EXISTS contacts_count_inserted ON contacts;

DROP TRIGGER IF EXISTS contacts_count_updated ON contacts;

-- campaign_hours: deletes data, cannot be undone.
DROP TABLE IF EXISTS campaign_hours;

-- campaign_counts: deletes data, cannot be undone.
DROP TABLE IF EXISTS campaign_counts;

-- campaign_count_deltas: deletes data, cannot be undone.
DROP TABLE IF EXISTS campaign_count_deltas;

DROP FUNCTION IF EXISTS count_calls();

DROP FUNCTION IF EXISTS count_contacts();
