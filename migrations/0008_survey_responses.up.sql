-- The answers: at most one row a contact and campaign, however often a provider reports.

CREATE TABLE IF NOT EXISTS survey_responses (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    contact_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    call_attempt_id uuid NOT NULL,
    q1_answer text,
    q2_answer text,
    q3_answer text,
    q1_confidence numeric(3, 2),
    q2_confidence numeric(3, 2),
    q3_confidence numeric(3, 2),
    completed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT survey_responses_pkey PRIMARY KEY (id),
    CONSTRAINT survey_responses_contact_id_campaign_id_key UNIQUE (contact_id, campaign_id),
    CONSTRAINT survey_responses_contact_id_fkey FOREIGN KEY (contact_id)
        REFERENCES contacts (id) ON DELETE CASCADE,
    CONSTRAINT survey_responses_campaign_id_fkey FOREIGN KEY (campaign_id)
        REFERENCES campaigns (id) ON DELETE CASCADE,
    CONSTRAINT survey_responses_call_attempt_id_fkey FOREIGN KEY (call_attempt_id)
        REFERENCES call_attempts (id) ON DELETE CASCADE,
    CONSTRAINT survey_responses_q1_confidence_check CHECK (q1_confidence BETWEEN 0 AND 1),
    CONSTRAINT survey_responses_q2_confidence_check CHECK (q2_confidence BETWEEN 0 AND 1),
    CONSTRAINT survey_responses_q3_confidence_check CHECK (q3_confidence BETWEEN 0 AND 1)
);

CREATE INDEX IF NOT EXISTS survey_responses_campaign_id_idx ON survey_responses (campaign_id);
CREATE INDEX IF NOT EXISTS survey_responses_call_attempt_id_idx ON survey_responses (call_attempt_id);

COMMENT ON TABLE survey_responses IS 'Answers of contacts, one row a finished survey.';
COMMENT ON COLUMN survey_responses.id IS 'Primary key.';
COMMENT ON COLUMN survey_responses.contact_id IS 'Who answered.';
COMMENT ON COLUMN survey_responses.campaign_id IS 'Campaign that asked.';
COMMENT ON COLUMN survey_responses.call_attempt_id IS 'Call in which the answers were given.';
COMMENT ON COLUMN survey_responses.q1_answer IS 'Answer to the first question; null if there was none. Personal data.';
COMMENT ON COLUMN survey_responses.q2_answer IS 'Answer to the second question; null if there was none. Personal data.';
COMMENT ON COLUMN survey_responses.q3_answer IS 'Answer to the third question; null if there was none. Personal data.';
COMMENT ON COLUMN survey_responses.q1_confidence IS 'How sure the agent is of the first answer, 0.00 to 1.00.';
COMMENT ON COLUMN survey_responses.q2_confidence IS 'How sure the agent is of the second answer, 0.00 to 1.00.';
COMMENT ON COLUMN survey_responses.q3_confidence IS 'How sure the agent is of the third answer, 0.00 to 1.00.';
COMMENT ON COLUMN survey_responses.completed_at IS 'When the last question was answered.';
