-- Drops the table contacts; what belongs to it goes with it.

DROP TABLE IF EXISTS contacts;
