-- The people who may sign in; campaigns remember who made them.

CREATE TABLE IF NOT EXISTS users (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    oidc_sub text NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    role user_role NOT NULL DEFAULT 'viewer',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_oidc_sub_key UNIQUE (oidc_sub)
);

CREATE UNIQUE INDEX IF NOT EXISTS users_email_key ON users (lower(email));

COMMENT ON TABLE users IS 'People who may sign in, one row a person.';
COMMENT ON COLUMN users.id IS 'Primary key.';
COMMENT ON COLUMN users.oidc_sub IS 'Subject the identity provider knows the person by. Personal data.';
COMMENT ON COLUMN users.email IS 'Address of the person, as it was given; unique whatever the letter case. Personal data.';
COMMENT ON COLUMN users.name IS 'Name to show. Personal data.';
COMMENT ON COLUMN users.role IS 'What the person may do.';
COMMENT ON COLUMN users.created_at IS 'When the row was made.';
COMMENT ON COLUMN users.updated_at IS 'When the row last changed; kept by trigger.';
COMMENT ON INDEX users_email_key IS 'One person an address, whatever the letter case; serves sign-in by lower(email).';
