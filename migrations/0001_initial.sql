-- Times are UTC ISO-8601 text with milliseconds, so that they compare as text. Booleans are 0 or 1.

-- The organisation that this database belongs to; another is refused.
CREATE TABLE organisation (
  singleton  INTEGER PRIMARY KEY CHECK (singleton = 1),
  base_url   TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

-- Every attempt at an audit, kept for ever.
CREATE TABLE runs (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  trigger       TEXT NOT NULL CHECK (trigger IN ('schedule', 'catch-up', 'retry', 'manual')),
  status        TEXT NOT NULL CHECK (status IN ('running', 'complete', 'failed', 'interrupted')),
  holder        TEXT NOT NULL,
  started_at    TEXT NOT NULL,
  finished_at   TEXT,
  is_baseline   INTEGER NOT NULL DEFAULT 0 CHECK (is_baseline IN (0, 1)),
  token_count   INTEGER,
  page_count    INTEGER NOT NULL DEFAULT 0,
  request_count INTEGER NOT NULL DEFAULT 0,
  -- Tokens that were read and had been deleted by the end of the walk; the next run finds them removed.
  surplus       INTEGER,
  -- 0: owners could not be learned. NULL: they were not asked for.
  owners_known  INTEGER CHECK (owners_known IN (0, 1)),
  -- Fingerprint of the settings that the conditions were judged by.
  rules_hash    TEXT,
  error_type    TEXT,
  error         TEXT,
  CHECK ((status = 'running') = (finished_at IS NULL)),
  CHECK (status <> 'complete' OR token_count IS NOT NULL)
) STRICT;

CREATE INDEX runs_by_status ON runs (status, id);

-- The state of a token over an interval of complete runs. last_run_id NULL: it still stands.
-- A name may be empty or begin with NUL, whose length() is 0: no CHECK on it.
CREATE TABLE token_versions (
  token_id      TEXT NOT NULL,
  first_run_id  INTEGER NOT NULL REFERENCES runs (id),
  last_run_id   INTEGER REFERENCES runs (id),
  name          TEXT NOT NULL,
  type          TEXT NOT NULL,
  enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  created_at    TEXT NOT NULL,
  membership_id TEXT,
  PRIMARY KEY (token_id, first_run_id),
  CHECK (last_run_id >= first_run_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX token_versions_current ON token_versions (token_id) WHERE last_run_id IS NULL;
CREATE INDEX token_versions_by_first_run ON token_versions (first_run_id);

-- The full snapshot of every complete run.
CREATE VIEW snapshots AS
SELECT r.id AS run_id, v.token_id, v.name, v.type, v.enabled, v.created_at, v.membership_id, v.first_run_id
  FROM runs AS r
  JOIN token_versions AS v
    ON v.first_run_id <= r.id
   AND (v.last_run_id IS NULL OR v.last_run_id >= r.id)
 WHERE r.status = 'complete';

-- What is known of the user behind a membership id, over an interval of complete runs.
CREATE TABLE owner_versions (
  membership_id TEXT NOT NULL,
  first_run_id  INTEGER NOT NULL REFERENCES runs (id),
  last_run_id   INTEGER REFERENCES runs (id),
  state         TEXT NOT NULL CHECK (state IN ('active', 'deactivated', 'missing')),
  user_name     TEXT,
  display_name  TEXT,
  last_login    TEXT,
  PRIMARY KEY (membership_id, first_run_id),
  CHECK (last_run_id >= first_run_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX owner_versions_current ON owner_versions (membership_id) WHERE last_run_id IS NULL;

-- The journal: what each run found, told or not. Append-only.
CREATE TABLE findings (
  id                  INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id              INTEGER NOT NULL REFERENCES runs (id),
  kind                TEXT NOT NULL,
  transition                TEXT NOT NULL CHECK (transition IN ('event', 'opened', 'escalated', 'eased', 'reopened', 'resolved', 'expired')),
  severity            TEXT NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low', 'info')),
  -- The condition whose transition this is; the finding that opened it has the same id. NULL for events.
  condition_id        INTEGER,
  subject_type        TEXT NOT NULL CHECK (subject_type IN ('token', 'owner', 'organisation')),
  subject             TEXT NOT NULL,
  -- The token as of the run, so that the journal stays true when versions are pruned.
  token_name          TEXT,
  token_type          TEXT,
  token_created_at    TEXT,
  token_membership_id TEXT,
  detail              TEXT NOT NULL,
  -- NULL: it was told. Else why it was not.
  suppressedBy             TEXT CHECK (suppressedBy IN ('settings-changed', 'said-by-event', 'eased', 'acknowledged', 'flapping')),
  CHECK ((transition = 'event') = (condition_id IS NULL))
) STRICT;

CREATE INDEX findings_by_run ON findings (run_id);
CREATE INDEX findings_by_subject ON findings (subject);

-- What stands until it is resolved: a row for each interval. Its id is that of the finding that opened it.
CREATE TABLE conditions (
  id              INTEGER PRIMARY KEY,
  kind            TEXT NOT NULL,
  subject_type    TEXT NOT NULL CHECK (subject_type IN ('token', 'owner', 'organisation')),
  subject         TEXT NOT NULL,
  level           INTEGER NOT NULL,
  severity        TEXT NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low', 'info')),
  opened_run_id   INTEGER NOT NULL REFERENCES runs (id),
  resolved_run_id INTEGER REFERENCES runs (id),
  resolved_reason TEXT CHECK (resolved_reason IN ('fixed', 'token-removed', 'token-disabled', 'settings-changed')),
  CHECK ((resolved_run_id IS NULL) = (resolved_reason IS NULL))
) STRICT;

CREATE UNIQUE INDEX conditions_open ON conditions (subject_type, subject, kind) WHERE resolved_run_id IS NULL;
CREATE INDEX conditions_by_subject ON conditions (subject, kind);

-- Who accepted which condition at which level, why and until when. A row is only ever ended.
CREATE TABLE acknowledgements (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  condition_id  INTEGER NOT NULL REFERENCES conditions (id),
  level         INTEGER NOT NULL,
  reason        TEXT NOT NULL,
  by_whom       TEXT NOT NULL,
  created_at    TEXT NOT NULL,
  expires_on    TEXT NOT NULL,
  ended_at      TEXT,
  ended_by      TEXT,
  ended_because TEXT CHECK (ended_because IN ('revoked', 'voided', 'expired', 'resolved')),
  CHECK ((ended_at IS NULL) = (ended_because IS NULL))
) STRICT;

CREATE UNIQUE INDEX acknowledgements_active ON acknowledgements (condition_id) WHERE ended_at IS NULL;

-- Mails exactly as rendered; they are sent unchanged.
CREATE TABLE messages (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  kind       TEXT NOT NULL CHECK (kind IN ('baseline', 'digest', 'summary', 'inventory', 'failing', 'recovered', 'breaker', 'test')),
  run_id     INTEGER REFERENCES runs (id),
  -- Made once, here: a mail that is sent twice after a crash has the same one.
  message_id TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL,
  mail_from  TEXT NOT NULL,
  mail_to    TEXT NOT NULL,
  subject    TEXT NOT NULL,
  body_text  TEXT NOT NULL,
  body_html  TEXT NOT NULL,
  -- A JSON object of further headers.
  headers    TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE INDEX messages_by_run ON messages (run_id);

-- A message's way to one recipient.
CREATE TABLE deliveries (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id      INTEGER NOT NULL REFERENCES messages (id),
  recipient       TEXT NOT NULL,
  status          TEXT NOT NULL CHECK (status IN ('pending', 'sent', 'parked', 'discarded')),
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_attempt_at TEXT,
  -- Whoever claimed the row has it until then.
  lease_until     TEXT,
  -- Since when the recipient or the message is refused for now (4xx).
  deferred_since  TEXT,
  sent_at         TEXT,
  discarded_at    TEXT,
  last_error      TEXT,
  discard_reason  TEXT,
  UNIQUE (message_id, recipient),
  CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
  CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
  CHECK ((status = 'discarded') = (discard_reason IS NOT NULL)),
  CHECK ((status = 'discarded') = (discarded_at IS NOT NULL))
) STRICT;

CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE status = 'pending';
