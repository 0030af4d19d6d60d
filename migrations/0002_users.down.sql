-- Drops the table users; what belongs to it goes with it.

DROP TABLE IF EXISTS users;
