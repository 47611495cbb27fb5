-- Instants are UTC ISO-8601 text with milliseconds, so that they compare as text. Booleans are 0 or 1.
-- UUIDs are in lower case. Names are untrusted text and may be empty or begin with NUL, whose length() is 0:
-- no CHECK on them.

-- The organisation that this database belongs to. Any other is refused.
CREATE TABLE organisation (
  singleton  INTEGER PRIMARY KEY CHECK (singleton = 1),
  base_url   TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

-- Every attempt at an audit. Never pruned.
CREATE TABLE runs (
  id                   INTEGER PRIMARY KEY AUTOINCREMENT,
  trigger              TEXT NOT NULL CHECK (trigger IN ('schedule', 'catch-up', 'retry', 'manual')),
  status               TEXT NOT NULL CHECK (status IN ('running', 'complete', 'failed', 'interrupted')),
  -- Process and host, shown to those who find the audit lock taken.
  locked_by            TEXT NOT NULL,
  started_at           TEXT NOT NULL,
  finished_at          TEXT,
  is_baseline          INTEGER NOT NULL DEFAULT 0 CHECK (is_baseline IN (0, 1)),
  token_count          INTEGER,
  -- Pages of all walks, and requests of every kind.
  page_count           INTEGER NOT NULL DEFAULT 0,
  request_count        INTEGER NOT NULL DEFAULT 0,
  -- Tokens that were read and had been deleted by the end of the walk. The next run reports them as removed.
  surplus              INTEGER,
  -- 0: owners could not be resolved, for the reason in owners_problem. NULL: they were not asked for.
  owners_known         INTEGER CHECK (owners_known IN (0, 1)),
  owners_problem       TEXT,
  owners_hint          TEXT,
  -- Owners that no list had and whose absence this run did not confirm.
  owners_unresolved    INTEGER NOT NULL DEFAULT 0,
  -- What whoami said of our own credential. NULL: it did not say.
  key_scope            TEXT,
  org_role             TEXT,
  -- An unlikely number of tokens vanished: Omni confirmed a sample, or an operator accepted it.
  breaker              TEXT CHECK (breaker IN ('confirmed', 'accepted')),
  -- The settings of each rule that judged the conditions, as JSON.
  settings_fingerprint TEXT,
  error_type           TEXT,
  error                TEXT,
  CHECK ((status = 'running') = (finished_at IS NULL)),
  CHECK (status <> 'complete' OR token_count IS NOT NULL)
) STRICT;

CREATE INDEX runs_by_status ON runs (status, id);

-- The state of a token over an interval of complete runs. last_run_id NULL: it is current. Rows are inserted
-- oldest token first, so that an audit reads the snapshot in the order of Omni's list.
CREATE TABLE token_versions (
  id             INTEGER PRIMARY KEY,
  token_id       TEXT NOT NULL,
  first_run_id   INTEGER NOT NULL REFERENCES runs (id),
  last_run_id    INTEGER REFERENCES runs (id),
  name           TEXT NOT NULL,
  type           TEXT NOT NULL,
  enabled        INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  created_at     TEXT NOT NULL,
  membership_id  TEXT,
  -- The start of the run that first saw it disabled, for as long as it stays so without a break.
  disabled_since TEXT,
  -- The instant at which the rules' verdict of it can next change. NULL: not by time alone. The default is long past,
  -- since it was not judged yet, and as long as any other, so that the verdict does not make the row grow.
  due_at         TEXT DEFAULT '0000-01-01T00:00:00.000Z',
  UNIQUE (token_id, first_run_id),
  CHECK (last_run_id >= first_run_id)
) STRICT;

CREATE UNIQUE INDEX token_versions_current ON token_versions (token_id) WHERE last_run_id IS NULL;
-- The snapshot in the order of Omni's list.
CREATE INDEX token_versions_by_age ON token_versions (created_at) WHERE last_run_id IS NULL;
CREATE INDEX token_versions_due ON token_versions (due_at) WHERE last_run_id IS NULL AND due_at IS NOT NULL;
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

-- What is known of the account behind a membership id, over an interval of complete runs.
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
CREATE INDEX owner_versions_closed ON owner_versions (last_run_id) WHERE last_run_id IS NOT NULL;

-- The journal of what each run found. Append-only.
CREATE TABLE findings (
  id                  INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id              INTEGER NOT NULL REFERENCES runs (id),
  kind                TEXT NOT NULL,
  transition          TEXT NOT NULL CHECK (transition IN ('event', 'opened', 'escalated', 'eased', 'reopened', 'resolved', 'expired')),
  severity            TEXT NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low', 'info')),
  -- The condition that made this transition. The finding that opened it has the same id. NULL for events.
  condition_id        INTEGER,
  subject_type        TEXT NOT NULL CHECK (subject_type IN ('token', 'owner', 'organisation')),
  subject             TEXT NOT NULL,
  -- The token as of the run, so that the journal stays true when versions are pruned.
  token_name          TEXT,
  token_type          TEXT,
  token_created_at    TEXT,
  token_membership_id TEXT,
  -- The facts of this kind of finding, as JSON.
  detail              TEXT NOT NULL,
  -- Why no mail reports it. NULL: it is reported.
  suppressed_by       TEXT CHECK (suppressed_by IN ('settings-changed', 'event', 'eased', 'flapping')),
  CHECK ((transition = 'event') = (condition_id IS NULL))
) STRICT;

CREATE INDEX findings_by_run ON findings (run_id);
CREATE INDEX findings_by_subject ON findings (subject);

-- What holds until it is resolved, a row for each interval. Its id is that of the finding that opened it.
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
  -- 1: it came back within a day of its last report, so its opening was suppressed. Reported later if it stays open.
  is_unreported   INTEGER NOT NULL DEFAULT 0 CHECK (is_unreported IN (0, 1)),
  CHECK ((resolved_run_id IS NULL) = (resolved_reason IS NULL))
) STRICT;

CREATE UNIQUE INDEX conditions_open ON conditions (subject_type, subject, kind) WHERE resolved_run_id IS NULL;
CREATE INDEX conditions_by_subject ON conditions (subject, kind);
CREATE INDEX conditions_resolved ON conditions (resolved_run_id) WHERE resolved_run_id IS NOT NULL;
-- How many are open.
CREATE INDEX conditions_open_by_severity ON conditions (severity) WHERE resolved_run_id IS NULL;

-- Who accepted which condition at which level, why and until when. A row is only ever ended, never changed or deleted.
CREATE TABLE acknowledgements (
  id                  INTEGER PRIMARY KEY AUTOINCREMENT,
  condition_id        INTEGER NOT NULL REFERENCES conditions (id),
  level               INTEGER NOT NULL,
  reason              TEXT NOT NULL,
  by_whom             TEXT NOT NULL,
  created_at          TEXT NOT NULL,
  -- Its last day, in the time zone of the audit, and the instant at which that day is over.
  expires_on          TEXT NOT NULL,
  expires_at          TEXT NOT NULL,
  ended_at            TEXT,
  -- Who revoked it. NULL: it ended by itself.
  ended_by            TEXT,
  ended_because       TEXT CHECK (ended_because IN ('revoked', 'expired', 'resolved', 'void')),
  -- For a void one, what changed, in one line. Else NULL.
  void_because        TEXT,
  -- The runs whose mails report its beginning and its end.
  reported_run_id     INTEGER REFERENCES runs (id),
  end_reported_run_id INTEGER REFERENCES runs (id),
  CHECK ((ended_at IS NULL) = (ended_because IS NULL)),
  CHECK ((ended_because IS 'revoked') = (ended_by IS NOT NULL)),
  CHECK ((ended_because IS 'void') = (void_because IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX acknowledgements_active ON acknowledgements (condition_id) WHERE ended_at IS NULL;
CREATE INDEX acknowledgements_by_condition ON acknowledgements (condition_id);
CREATE INDEX acknowledgements_reported ON acknowledgements (reported_run_id);
CREATE INDEX acknowledgements_end_reported ON acknowledgements (end_reported_run_id);

-- Fields of Omni's token records that this program does not know, and the run that first saw each.
CREATE TABLE record_fields (
  name         TEXT PRIMARY KEY,
  first_run_id INTEGER NOT NULL REFERENCES runs (id)
) STRICT, WITHOUT ROWID;

-- Mails exactly as rendered. They are sent unchanged.
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
  -- Further headers, as a JSON object.
  headers    TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE INDEX messages_by_run ON messages (run_id);

-- CSV files of a message, exactly as they are sent.
CREATE TABLE attachments (
  id         INTEGER PRIMARY KEY,
  message_id INTEGER NOT NULL REFERENCES messages (id),
  file_name  TEXT NOT NULL,
  content    TEXT NOT NULL,
  UNIQUE (message_id, file_name)
) STRICT;

-- A message's way to one recipient.
CREATE TABLE deliveries (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id      INTEGER NOT NULL REFERENCES messages (id),
  recipient       TEXT NOT NULL,
  status          TEXT NOT NULL CHECK (status IN ('pending', 'sent', 'parked', 'discarded')),
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_attempt_at TEXT,
  -- The process that claimed the row may attempt it until then.
  lease_until     TEXT,
  -- Since when the server has refused the recipient or the message for now (4xx).
  deferred_since  TEXT,
  sent_at         TEXT,
  discarded_at    TEXT,
  -- The newest message at that time: later ones report the discard. By order, not by time, since a clock may be set back.
  discarded_after INTEGER,
  last_error      TEXT,
  discard_reason  TEXT,
  UNIQUE (message_id, recipient),
  CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
  CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
  CHECK ((status = 'discarded') = (discard_reason IS NOT NULL)),
  CHECK ((status = 'discarded') = (discarded_at IS NOT NULL))
) STRICT;

CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE status = 'pending';

-- How far the history has been pruned.
CREATE TABLE retention (
  singleton         INTEGER PRIMARY KEY CHECK (singleton = 1),
  -- The oldest run whose snapshot is still whole.
  oldest_run_id     INTEGER NOT NULL REFERENCES runs (id),
  -- Everything that ended with this run or before has been looked through.
  pruned_through_id INTEGER NOT NULL
) STRICT;
