-- Drops the table exclusion_list_entries; what belongs to it goes with it.

DROP TABLE IF EXISTS exclusion_list_entries;
