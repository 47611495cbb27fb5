-- How far the history was pruned.
CREATE TABLE retention (
  singleton         INTEGER PRIMARY KEY CHECK (singleton = 1),
  -- The oldest run whose snapshot is still whole.
  oldest_run_id     INTEGER NOT NULL REFERENCES runs (id),
  -- What ended with this run, or before, was looked through.
  pruned_through_id INTEGER NOT NULL
) STRICT;

-- What ended with a run.
CREATE INDEX token_versions_closed ON token_versions (last_run_id) WHERE last_run_id IS NOT NULL;
CREATE INDEX owner_versions_closed ON owner_versions (last_run_id) WHERE last_run_id IS NOT NULL;
CREATE INDEX conditions_resolved ON conditions (resolved_run_id) WHERE resolved_run_id IS NOT NULL;
