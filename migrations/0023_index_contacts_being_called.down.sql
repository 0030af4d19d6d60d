-- no-transaction
-- contacts_campaign_id_idx.
-- Takes it back: the schema is exactly what it was before.

DROP INDEX CONCURRENTLY IF EXISTS contacts_campaign_id_idx;
