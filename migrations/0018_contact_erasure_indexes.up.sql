-- no-transaction
-- contacts_campaign_id_id_idx, contacts_phone_number_campaign_id_key.
-- Indexes are built and dropped while others write.

-- contacts_campaign_id_id_idx: builds an index, scans.
CREATE INDEX CONCURRENTLY IF NOT EXISTS contacts_campaign_id_id_idx ON contacts (campaign_id, id);
COMMENT ON INDEX contacts_campaign_id_id_idx IS 'Serves lists and exports of one campaign, in the order in which contacts came.';

-- contacts_phone_number_campaign_id_key: builds an index, scans, fails if a row does not fit.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS contacts_phone_number_campaign_id_key ON contacts (phone_number, campaign_id);
