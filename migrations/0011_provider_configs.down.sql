-- Drops the table provider_configs; what belongs to it goes with it.

DROP TABLE IF EXISTS provider_configs;
