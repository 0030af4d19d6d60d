-- no-transaction
-- contacts_campaign_id_id_idx, contacts_phone_number_campaign_id_key.
-- Takes it back: the schema is exactly what it was before.

DROP INDEX CONCURRENTLY IF EXISTS contacts_campaign_id_id_idx;

DROP INDEX CONCURRENTLY IF EXISTS contacts_phone_number_campaign_id_key;
