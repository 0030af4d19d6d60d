-- Drops the table events; what belongs to it goes with it.

DROP TABLE IF EXISTS events;
