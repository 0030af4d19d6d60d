-- Drops the table email_notifications; what belongs to it goes with it.

DROP TABLE IF EXISTS email_notifications;
