-- no-transaction
-- contacts_campaign_id_idx.
-- Indexes are built and dropped while others write.

-- contacts_campaign_id_idx: builds an index, scans.
CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_campaign_id_idx ON contacts (campaign_id) WHERE state = 'in_progress'::contact_state;
COMMENT ON INDEX contacts_campaign_id_idx IS 'Serves statistics, which count those who are being called where they are. Holds only them.';
