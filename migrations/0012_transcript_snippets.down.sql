-- Drops the table transcript_snippets; what belongs to it goes with it.

DROP TABLE IF EXISTS transcript_snippets;
