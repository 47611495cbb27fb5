-- Why owners could not be learned in a run, and what mends it. NULL: they could.
ALTER TABLE runs ADD COLUMN owners_problem TEXT;
ALTER TABLE runs ADD COLUMN owners_hint TEXT;
-- Owners that neither endpoint listed and whose absence was not proved in this run.
ALTER TABLE runs ADD COLUMN owners_unproved INTEGER NOT NULL DEFAULT 0;

-- What whoami said of the auditor's own credential. NULL: it did not say.
ALTER TABLE runs ADD COLUMN key_scope TEXT;
ALTER TABLE runs ADD COLUMN org_role TEXT;

-- An unlikely number of tokens was gone: Omni confirmed a sample, or an operator accepted it.
ALTER TABLE runs ADD COLUMN breaker TEXT CHECK (breaker IN ('confirmed', 'accepted'));

-- The run that first saw a token disabled, for as long as it stays so without a break.
ALTER TABLE token_versions ADD COLUMN disabled_since_run_id INTEGER REFERENCES runs (id);

-- The last version, up to this one, that follows no disabled one without a break.
UPDATE token_versions
   SET disabled_since_run_id = (SELECT max(x.first_run_id)
                                  FROM token_versions AS x
                                 WHERE x.token_id = token_versions.token_id
                                   AND x.enabled = 0
                                   AND x.first_run_id <= token_versions.first_run_id
                                   AND NOT EXISTS (SELECT 1
                                                     FROM token_versions AS before
                                                    WHERE before.token_id = x.token_id
                                                      AND before.enabled = 0
                                                      AND before.last_run_id = (SELECT max(r.id)
                                                                                  FROM runs AS r
                                                                                 WHERE r.status = 'complete'
                                                                                   AND r.id < x.first_run_id)))
 WHERE enabled = 0;

CREATE INDEX token_versions_by_owner ON token_versions (membership_id)
 WHERE last_run_id IS NULL AND membership_id IS NOT NULL;

-- 1: it came back so soon after it was last told that this was not told; it is if it stays.
ALTER TABLE conditions ADD COLUMN held_back INTEGER NOT NULL DEFAULT 0 CHECK (held_back IN (0, 1));

CREATE INDEX conditions_held_back ON conditions (id) WHERE held_back = 1;

-- Made anew, since nothing could be written into it so far. A row is only ever ended, never changed or deleted.
DROP TABLE acknowledgements;

CREATE TABLE acknowledgements (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  condition_id    INTEGER NOT NULL REFERENCES conditions (id),
  -- The level that was accepted.
  level           INTEGER NOT NULL,
  reason          TEXT NOT NULL,
  by_whom         TEXT NOT NULL,
  created_at      TEXT NOT NULL,
  -- Its last day, in the time zone of the audit, and the instant at which that day is over.
  expires_on      TEXT NOT NULL,
  expires_at      TEXT NOT NULL,
  ended_at        TEXT,
  -- Who revoked it; NULL where it ended by itself.
  ended_by        TEXT,
  ended_because   TEXT CHECK (ended_because IN ('revoked', 'escalated', 'owner-changed', 'type-changed', 're-enabled', 'settings-changed', 'expired', 'resolved')),
  -- The runs whose digests told of its beginning and of its end.
  told_run_id     INTEGER REFERENCES runs (id),
  end_told_run_id INTEGER REFERENCES runs (id),
  CHECK ((ended_at IS NULL) = (ended_because IS NULL)),
  CHECK ((ended_because IS 'revoked') = (ended_by IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX acknowledgements_active ON acknowledgements (condition_id) WHERE ended_at IS NULL;
CREATE INDEX acknowledgements_by_condition ON acknowledgements (condition_id);
CREATE INDEX acknowledgements_told ON acknowledgements (told_run_id);
CREATE INDEX acknowledgements_end_told ON acknowledgements (end_told_run_id);

-- Fields of Omni's token records that this program does not know, each told once.
CREATE TABLE record_fields (
  name         TEXT PRIMARY KEY,
  first_run_id INTEGER NOT NULL REFERENCES runs (id)
) STRICT, WITHOUT ROWID;
