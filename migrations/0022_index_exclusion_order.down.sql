-- no-transaction
-- exclusion_list_entries_seq_idx.
-- Takes it back: the schema is exactly what it was before.

DROP INDEX CONCURRENTLY IF EXISTS exclusion_list_entries_seq_idx;
