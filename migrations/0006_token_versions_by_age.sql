-- Token versions lie in the order in which they were written, oldest token first, so that an audit
-- reads the snapshot as it reads Omni's list: in one go.
CREATE TABLE token_versions_by_age (
  id                    INTEGER PRIMARY KEY,
  token_id              TEXT NOT NULL,
  first_run_id          INTEGER NOT NULL REFERENCES runs (id),
  last_run_id           INTEGER REFERENCES runs (id),
  name                  TEXT NOT NULL,
  type                  TEXT NOT NULL,
  enabled               INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  created_at            TEXT NOT NULL,
  membership_id         TEXT,
  -- The run that first saw it disabled, for as long as it stays so without a break.
  disabled_since_run_id INTEGER REFERENCES runs (id),
  UNIQUE (token_id, first_run_id),
  CHECK (last_run_id >= first_run_id)
) STRICT;

INSERT INTO token_versions_by_age (token_id, first_run_id, last_run_id, name, type, enabled, created_at, membership_id, disabled_since_run_id)
SELECT token_id, first_run_id, last_run_id, name, type, enabled, created_at, membership_id, disabled_since_run_id
  FROM token_versions
 ORDER BY created_at, token_id, first_run_id;

DROP VIEW snapshots;
DROP TABLE token_versions;
ALTER TABLE token_versions_by_age RENAME TO token_versions;

CREATE UNIQUE INDEX token_versions_current ON token_versions (token_id) WHERE last_run_id IS NULL;
-- Where a threshold of age was crossed, and the snapshot in the order of the list.
CREATE INDEX token_versions_by_age ON token_versions (created_at) WHERE last_run_id IS NULL;
CREATE INDEX token_versions_disabled ON token_versions (disabled_since_run_id)
 WHERE last_run_id IS NULL AND disabled_since_run_id IS NOT NULL;
CREATE INDEX token_versions_by_owner ON token_versions (membership_id)
 WHERE last_run_id IS NULL AND membership_id IS NOT NULL;
CREATE INDEX token_versions_by_first_run ON token_versions (first_run_id);
CREATE INDEX token_versions_closed ON token_versions (last_run_id) WHERE last_run_id IS NOT NULL;

-- The full snapshot of every complete run.
CREATE VIEW snapshots AS
SELECT r.id AS run_id, v.token_id, v.name, v.type, v.enabled, v.created_at, v.membership_id, v.first_run_id
  FROM runs AS r
  JOIN token_versions AS v
    ON v.first_run_id <= r.id
   AND (v.last_run_id IS NULL OR v.last_run_id >= r.id)
 WHERE r.status = 'complete';

-- How much stands.
CREATE INDEX conditions_standing ON conditions (severity) WHERE resolved_run_id IS NULL;
