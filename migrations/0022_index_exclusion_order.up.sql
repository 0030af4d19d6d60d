-- no-transaction
-- exclusion_list_entries_seq_idx.
-- Indexes are built and dropped while others write.

-- exclusion_list_entries_seq_idx: builds an index, scans.
CREATE INDEX CONCURRENTLY IF NOT EXISTS exclusion_list_entries_seq_idx ON exclusion_list_entries (seq);
COMMENT ON INDEX exclusion_list_entries_seq_idx IS 'Serves imports of contacts, which ask where the list ends and what came onto it since.';
