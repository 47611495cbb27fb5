-- Instants are UTC ISO-8601 text with milliseconds, so that they compare as text. Booleans are 0 or 1.
-- UUIDs are in lower case. Names are untrusted text. They may be empty or begin with NUL, which makes
-- length() return 0, so no CHECK constrains them.

-- The organisation that this database belongs to. The program refuses any other.
CREATE TABLE organisation (
  singleton  INTEGER PRIMARY KEY CHECK (singleton = 1),
  base_url   TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

-- Every run, however it ended. Never pruned.
CREATE TABLE runs (
  id                   INTEGER PRIMARY KEY AUTOINCREMENT,
  trigger              TEXT NOT NULL CHECK (trigger IN ('schedule', 'catch-up', 'retry', 'manual')),
  status               TEXT NOT NULL CHECK (status IN ('running', 'complete', 'failed', 'interrupted')),
  -- Process and host, shown to an audit that finds the lock taken.
  locked_by            TEXT NOT NULL,
  -- For a complete run, when the first page of the listing arrived. Everything in the run was judged by this instant.
  started_at           TEXT NOT NULL,
  finished_at          TEXT,
  is_baseline          INTEGER NOT NULL DEFAULT 0 CHECK (is_baseline IN (0, 1)),
  token_count          INTEGER,
  -- Counted over all walks, and over requests of every kind.
  page_count           INTEGER NOT NULL DEFAULT 0,
  request_count        INTEGER NOT NULL DEFAULT 0,
  -- Tokens that were deleted during the walk, after it had read them. The next run reports their removal.
  surplus              INTEGER,
  -- Tokens that Omni's list lacked but that it still knew by id, as a JSON array of ids. They are in the snapshot.
  hidden_token_ids     TEXT NOT NULL DEFAULT '[]',
  -- 0: Omni sent no time, so our clock could not be checked. NULL: the run did not complete.
  clock_checked        INTEGER CHECK (clock_checked IN (0, 1)),
  -- 0: the run could not resolve owners; owners_problem says why. NULL: it ended before it tried.
  owners_known         INTEGER CHECK (owners_known IN (0, 1)),
  owners_problem       TEXT,
  owners_hint          TEXT,
  -- Owners whose account this run could neither read nor confirm as missing.
  owners_unresolved    INTEGER NOT NULL DEFAULT 0,
  -- Why an answer about the role of an owner could not be used. NULL: all could, or none was needed.
  roles_problem        TEXT,
  roles_hint           TEXT,
  -- How the run got the register of tokens. NULL: it ended before it could tell. The problem of a wrong file, and a hint.
  register_state       TEXT CHECK (register_state IN ('none', 'read', 'kept', 'unread')),
  register_problem     TEXT,
  register_hint        TEXT,
  -- What whoami returned about the auditor's own credential. NULL: nothing usable.
  key_scope            TEXT,
  org_role             TEXT,
  -- An unlikely number of tokens vanished, and Omni confirmed a sample or an operator accepted it.
  breaker              TEXT CHECK (breaker IN ('confirmed', 'accepted')),
  -- The settings of each rule that judged the conditions, as JSON.
  settings_fingerprint TEXT,
  error_type           TEXT,
  error                TEXT,
  CHECK ((status = 'running') = (finished_at IS NULL)),
  CHECK (status <> 'complete' OR token_count IS NOT NULL)
) STRICT;

CREATE INDEX runs_by_status ON runs (status, id);

-- The state of a token over an interval of complete runs. last_run_id NULL: the state is current. Rows are
-- inserted oldest token first, so that an audit reads the snapshot in the order of Omni's list.
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
  -- The start of the run that first saw the token disabled. NULL once a run has seen it enabled.
  disabled_since TEXT,
  -- When the rules' verdict can next change. NULL: time alone cannot change it. A new row has not been judged, so
  -- the default is in the past. It has the length of any other instant, so that judging does not make the row grow.
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

-- What is known about the account behind a membership id, over an interval of complete runs.
CREATE TABLE owner_versions (
  membership_id TEXT NOT NULL,
  first_run_id  INTEGER NOT NULL REFERENCES runs (id),
  last_run_id   INTEGER REFERENCES runs (id),
  state         TEXT NOT NULL CHECK (state IN ('active', 'deactivated', 'missing')),
  user_name     TEXT,
  display_name  TEXT,
  last_login    TEXT,
  -- The list of users that shows the account; for a missing one, the last that did. NULL: unknown, or both show it.
  list          TEXT CHECK (list IN ('regular', 'embed')),
  PRIMARY KEY (membership_id, first_run_id),
  CHECK (last_run_id >= first_run_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX owner_versions_current ON owner_versions (membership_id) WHERE last_run_id IS NULL;
CREATE INDEX owner_versions_closed ON owner_versions (last_run_id) WHERE last_run_id IS NOT NULL;

-- The owners that no list of users shows. Each run asks Omni for some of them by id; the answers are in owner_versions.
CREATE TABLE owner_lookups (
  membership_id   TEXT PRIMARY KEY,
  asked_run_id    INTEGER NOT NULL REFERENCES runs (id),
  -- The run in which Omni last gave a clear answer. NULL: it never did.
  answered_run_id INTEGER REFERENCES runs (id)
) STRICT, WITHOUT ROWID;

-- What an owner may do, and so its tokens, over an interval of complete runs. Each run from the first to the one that
-- last confirmed it confirmed it; when one did not, the next confirmation begins a new row.
CREATE TABLE role_versions (
  membership_id       TEXT NOT NULL,
  first_run_id        INTEGER NOT NULL REFERENCES runs (id),
  last_run_id         INTEGER REFERENCES runs (id),
  -- The newest run in which Omni confirmed it.
  confirmed_run_id    INTEGER NOT NULL REFERENCES runs (id),
  base_role           TEXT NOT NULL,
  name                TEXT NOT NULL,
  connections         INTEGER NOT NULL,
  -- The names of further roles whose base role this version does not know, as a JSON array.
  unknown_roles       TEXT NOT NULL,
  -- What raises are measured against: the most that is known to have been allowed. NULL: nothing is known.
  measure_base_role   TEXT,
  measure_connections INTEGER,
  PRIMARY KEY (membership_id, first_run_id),
  CHECK (last_run_id >= first_run_id),
  CHECK ((measure_base_role IS NULL) = (measure_connections IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX role_versions_current ON role_versions (membership_id) WHERE last_run_id IS NULL;
CREATE INDEX role_versions_closed ON role_versions (last_run_id) WHERE last_run_id IS NOT NULL;

-- The owners whose last answer could not be used. A known role stays in role_versions.
CREATE TABLE unanswered_roles (
  membership_id TEXT PRIMARY KEY,
  asked_run_id  INTEGER NOT NULL REFERENCES runs (id)
) STRICT, WITHOUT ROWID;

-- What the register says about tokens, over an interval of complete runs. Its rows can be about tokens that do not exist.
CREATE TABLE register_versions (
  token_id     TEXT NOT NULL,
  first_run_id INTEGER NOT NULL REFERENCES runs (id),
  last_run_id  INTEGER REFERENCES runs (id),
  responsible  TEXT NOT NULL,
  purpose      TEXT NOT NULL,
  ticket       TEXT NOT NULL,
  -- Days as YYYY-MM-DD, and the instant at which the first of them ends in the time zone of the audit.
  review_by    TEXT,
  overdue_at   TEXT,
  decision     TEXT CHECK (decision IN ('keep', 'revoke')),
  decided_by   TEXT NOT NULL,
  decided_on   TEXT,
  -- Start of the run that first saw the decision to revoke.
  revoke_since TEXT,
  -- 1: the row is no longer in the file, but its decision to revoke counts until the token is gone.
  is_vanished  INTEGER NOT NULL CHECK (is_vanished IN (0, 1)),
  PRIMARY KEY (token_id, first_run_id),
  CHECK (last_run_id >= first_run_id),
  CHECK ((decision IS 'revoke') = (revoke_since IS NOT NULL)),
  CHECK ((review_by IS NULL) = (overdue_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX register_versions_current ON register_versions (token_id) WHERE last_run_id IS NULL;
CREATE INDEX register_versions_by_first_run ON register_versions (first_run_id);
CREATE INDEX register_versions_closed ON register_versions (last_run_id) WHERE last_run_id IS NOT NULL;

-- Every name that an MCP grant ever had, as it is. Never pruned.
CREATE TABLE mcp_clients (
  name         TEXT PRIMARY KEY,
  first_run_id INTEGER NOT NULL REFERENCES runs (id)
) STRICT, WITHOUT ROWID;

-- The journal of what each run reports. Append-only.
CREATE TABLE findings (
  id                  INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id              INTEGER NOT NULL REFERENCES runs (id),
  kind                TEXT NOT NULL,
  transition          TEXT NOT NULL CHECK (transition IN ('event', 'opened', 'escalated', 'eased', 'reopened', 'resolved', 'expired')),
  severity            TEXT NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low', 'info')),
  -- The condition that went through this transition. Its id is that of the finding that opened it. NULL for events.
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
  -- Why no mail reports it. NULL: mails do.
  suppressed_by       TEXT CHECK (suppressed_by IN ('settings-changed', 'event', 'eased', 'flapping')),
  CHECK ((transition = 'event') = (condition_id IS NULL))
) STRICT;

CREATE INDEX findings_by_run ON findings (run_id);
CREATE INDEX findings_by_subject ON findings (subject);

-- Something that holds until it is resolved, one row for each interval. Its id is that of the finding that opened it.
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
  -- 1: it reopened within a day of its last report, so that finding was suppressed. It is reported later if it stays open.
  is_unreported   INTEGER NOT NULL DEFAULT 0 CHECK (is_unreported IN (0, 1)),
  CHECK ((resolved_run_id IS NULL) = (resolved_reason IS NULL))
) STRICT;

CREATE UNIQUE INDEX conditions_open ON conditions (subject_type, subject, kind) WHERE resolved_run_id IS NULL;
CREATE INDEX conditions_by_subject ON conditions (subject, kind);
CREATE INDEX conditions_resolved ON conditions (resolved_run_id) WHERE resolved_run_id IS NOT NULL;
-- Counts what is open.
CREATE INDEX conditions_open_by_severity ON conditions (severity) WHERE resolved_run_id IS NULL;

-- Who accepted which condition at which level, why and until when. A row changes only when it ends or is reported;
-- it is never deleted.
CREATE TABLE acknowledgements (
  id                  INTEGER PRIMARY KEY AUTOINCREMENT,
  condition_id        INTEGER NOT NULL REFERENCES conditions (id),
  level               INTEGER NOT NULL,
  reason              TEXT NOT NULL,
  by_whom             TEXT NOT NULL,
  created_at          TEXT NOT NULL,
  -- Its last day in the audit's time zone, and the instant at which that day ends.
  expires_on          TEXT NOT NULL,
  expires_at          TEXT NOT NULL,
  ended_at            TEXT,
  -- Who revoked it. NULL: nobody did.
  ended_by            TEXT,
  ended_because       TEXT CHECK (ended_because IN ('revoked', 'expired', 'resolved', 'void')),
  -- What changed, in one line, if the acknowledgement became void.
  void_because        TEXT,
  -- The runs whose digests report its beginning and its end.
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

-- The tokens that an acknowledgement about an owner covers. If the owner gets another token, it becomes void.
CREATE TABLE acknowledged_tokens (
  acknowledgement_id INTEGER NOT NULL REFERENCES acknowledgements (id),
  token_id           TEXT NOT NULL,
  PRIMARY KEY (acknowledgement_id, token_id)
) STRICT, WITHOUT ROWID;

-- Fields of Omni's token records that this version does not know, and the run that first saw each.
CREATE TABLE record_fields (
  name         TEXT PRIMARY KEY,
  first_run_id INTEGER NOT NULL REFERENCES runs (id)
) STRICT, WITHOUT ROWID;

-- Mails exactly as they were rendered and as they are sent.
CREATE TABLE messages (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  kind       TEXT NOT NULL CHECK (kind IN ('baseline', 'digest', 'summary', 'inventory', 'failing', 'recovered', 'breaker', 'notice', 'test')),
  run_id     INTEGER REFERENCES runs (id),
  -- Generated once, so that a mail that is sent twice after a crash keeps its Message-ID.
  message_id TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL,
  mail_from  TEXT NOT NULL,
  mail_to    TEXT NOT NULL,
  -- The addresses of MAIL_TO when the mail was made, as a JSON array. The deliveries change with MAIL_TO; this does not.
  recipients TEXT NOT NULL,
  subject    TEXT NOT NULL,
  body_text  TEXT NOT NULL,
  body_html  TEXT NOT NULL,
  -- Additional headers, as a JSON object.
  headers    TEXT NOT NULL DEFAULT '{}',
  -- The message that the server refused, if this is a notice.
  about_message_id INTEGER REFERENCES messages (id),
  CHECK ((kind = 'notice') = (about_message_id IS NOT NULL))
) STRICT;

CREATE INDEX messages_about ON messages (about_message_id) WHERE about_message_id IS NOT NULL;
CREATE INDEX messages_by_run ON messages (run_id);

-- The CSV files of a message, exactly as they are sent.
CREATE TABLE attachments (
  id         INTEGER PRIMARY KEY,
  message_id INTEGER NOT NULL REFERENCES messages (id),
  file_name  TEXT NOT NULL,
  content    TEXT NOT NULL,
  UNIQUE (message_id, file_name)
) STRICT;

-- The delivery of a message to one recipient.
CREATE TABLE deliveries (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id      INTEGER NOT NULL REFERENCES messages (id),
  recipient       TEXT NOT NULL COLLATE NOCASE,
  status          TEXT NOT NULL CHECK (status IN ('pending', 'sent', 'parked', 'discarded')),
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_attempt_at TEXT,
  -- 1: it does not hold up those behind it, because the message itself got into trouble (4xx, time-out or cut from
  -- DATA on) or is a test.
  steps_aside    INTEGER NOT NULL DEFAULT 0 CHECK (steps_aside IN (0, 1)),
  -- Until then, only the process that claimed the delivery may attempt it.
  lease_until     TEXT,
  -- Since when the server has been refusing the recipient or the message temporarily (4xx).
  deferred_since  TEXT,
  -- How often it has done so.
  deferrals       INTEGER NOT NULL DEFAULT 0,
  sent_at         TEXT,
  discarded_at    TEXT,
  -- The newest message at that time; later ones report the discard. An id, because a clock can be set back.
  discarded_after INTEGER,
  last_error      TEXT,
  -- Of the reply that parked it, such as 550 5.7.1. NULL: there was no reply.
  reply_codes     TEXT,
  discard_reason  TEXT,
  -- MAIL_TO changed while nobody had received the message, so it went to this recipient, too. The newest message at
  -- that time; later ones report it. NULL: the message was made for this recipient.
  redirected_after INTEGER,
  UNIQUE (message_id, recipient),
  CHECK ((status = 'pending') = (next_attempt_at IS NOT NULL)),
  CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
  CHECK ((status = 'discarded') = (discard_reason IS NOT NULL)),
  CHECK ((status = 'discarded') = (discarded_at IS NOT NULL))
) STRICT;

-- The queue of each recipient, in the order in which the messages were made.
CREATE INDEX deliveries_waiting ON deliveries (recipient, message_id) WHERE status = 'pending';

-- How far the history has been pruned.
CREATE TABLE retention (
  singleton         INTEGER PRIMARY KEY CHECK (singleton = 1),
  -- The oldest run whose snapshot is still complete.
  oldest_run_id     INTEGER NOT NULL REFERENCES runs (id),
  -- Pruning has covered everything that ended with this run or earlier.
  pruned_through_id INTEGER NOT NULL
) STRICT;
