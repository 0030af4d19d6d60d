-- Drops the table email_templates; what belongs to it goes with it.

DROP TABLE IF EXISTS email_templates;
