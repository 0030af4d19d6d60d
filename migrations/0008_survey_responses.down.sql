-- Drops the table survey_responses; what belongs to it goes with it.

DROP TABLE IF EXISTS survey_responses;
