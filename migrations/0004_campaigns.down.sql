-- Drops the table campaigns; what belongs to it goes with it.

DROP TABLE IF EXISTS campaigns;
