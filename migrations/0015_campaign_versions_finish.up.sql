-- campaigns_version_check.
-- What was added NOT VALID is validated, and indexes become keys.

-- campaigns_version_check: scans, fails if a row does not fit.
ALTER TABLE campaigns VALIDATE CONSTRAINT campaigns_version_check;
