-- Drops the table call_attempts; what belongs to it goes with it.

DROP TABLE IF EXISTS call_attempts;
