import assert from 'node:assert/strict';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { migrate, migrationsFolder, requireCurrentSchema } from '../../src/store/migrate.ts';
import { openAuditStore, openReadStore } from '../../src/stores.ts';
import { currentFacts } from '../support/audit-looks.ts';
import { type Row, readTables } from '../support/database-rows.ts';
import { someMorning } from '../support/fake-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

const day = (number: number): string => `2026-01-0${number}T07:00:00.000Z`;

/** Runs 1, 3 and 4 are complete. */
const history = `
  INSERT INTO organisation VALUES (1, 'https://acme.omniapp.co', '${day(1)}');
  INSERT INTO runs (id, trigger, status, holder, started_at, finished_at, is_baseline, token_count, rules_hash, error_type, error)
  VALUES (1, 'schedule', 'complete', 'a', '${day(1)}', '${day(1)}', 1, 5, 'abc', NULL, NULL),
         (2, 'retry', 'failed', 'a', '${day(2)}', '${day(2)}', 0, NULL, NULL, 'OmniError', 'no network'),
         (3, 'catch-up', 'complete', 'a', '${day(3)}', '${day(3)}', 0, 5, 'abc', NULL, NULL),
         (4, 'manual', 'complete', 'a', '${day(4)}', '${day(4)}', 0, 4, 'abd', NULL, NULL),
         (5, 'schedule', 'interrupted', 'a', '${day(5)}', '${day(5)}', 0, NULL, NULL, NULL, 'stopped');
  INSERT INTO token_versions (token_id, first_run_id, last_run_id, name, type, enabled, created_at, membership_id)
  VALUES ('always-enabled', 1, NULL, 'a', 'organization', 1, '${day(1)}', NULL),
         ('disabled-and-renamed', 1, 1, 'b', 'personal', 0, '${day(1)}', 'jane'),
         ('disabled-and-renamed', 3, 3, 'bb', 'personal', 0, '${day(1)}', 'jane'),
         ('disabled-and-renamed', 4, NULL, 'bbb', 'personal', 0, '${day(1)}', 'jane'),
         ('disabled-later', 1, 1, 'c', 'mcp', 1, '${day(1)}', 'jane'),
         ('disabled-later', 3, 3, 'c', 'mcp', 0, '${day(1)}', 'jane'),
         ('disabled-later', 4, NULL, char(0) || 'c', 'mcp', 0, '${day(1)}', 'jane'),
         ('disabled-twice', 1, 1, 'd', 'service', 0, '${day(1)}', NULL),
         ('disabled-twice', 3, 3, 'd', 'service', 1, '${day(1)}', NULL),
         ('disabled-twice', 4, NULL, 'd', 'service', 0, '${day(1)}', NULL),
         ('removed', 1, 3, '', 'personal', 0, '${day(1)}', 'joe');
  INSERT INTO findings (id, run_id, kind, transition, severity, condition_id, subject_type, subject, token_name, token_type,
                        token_created_at, token_membership_id, detail, suppressedBy)
  VALUES (1, 1, 'token-type-unknown', 'opened', 'medium', 1, 'token', 'disabled-twice', 'd', 'service', '${day(1)}', NULL, '{}', NULL),
         (2, 1, 'token-stale', 'opened', 'low', 2, 'token', 'disabled-later', 'c', 'mcp', '${day(1)}', 'jane', '{"ageDays":181,"thresholdDays":180}', NULL),
         (3, 3, 'token-disabled', 'event', 'info', NULL, 'token', 'disabled-later', 'c', 'mcp', '${day(1)}', 'jane', '{}', NULL),
         (4, 3, 'token-stale', 'resolved', 'info', 2, 'token', 'disabled-later', 'c', 'mcp', '${day(1)}', 'jane', '{}', 'said-by-event'),
         (5, 4, 'token-removed', 'event', 'info', NULL, 'token', 'removed', '', 'personal', '${day(1)}', 'joe', '{}', NULL);
  INSERT INTO conditions (id, kind, subject_type, subject, level, severity, opened_run_id, resolved_run_id, resolved_reason)
  VALUES (1, 'token-type-unknown', 'token', 'disabled-twice', 0, 'medium', 1, NULL, NULL),
         (2, 'token-stale', 'token', 'disabled-later', 180, 'low', 1, 3, 'token-disabled');
  INSERT INTO messages (id, kind, run_id, message_id, created_at, mail_from, mail_to, subject, body_text, body_html)
  VALUES (1, 'baseline', 1, '<1@acme>', '${day(1)}', 'a@acme.example', 'b@acme.example', 's', 't', '<p>t</p>'),
         (2, 'test', NULL, '<2@acme>', '${day(2)}', 'a@acme.example', 'b@acme.example', 's', 't', '<p>t</p>');
  INSERT INTO deliveries (id, message_id, recipient, status, attempts, next_attempt_at, sent_at, last_error, discarded_at, discard_reason)
  VALUES (1, 1, 'b@acme.example', 'sent', 1, NULL, '${day(1)}', NULL, NULL, NULL),
         (2, 1, 'c@acme.example', 'parked', 9, NULL, NULL, 'refused', NULL, NULL),
         (3, 2, 'b@acme.example', 'pending', 0, '${day(2)}', NULL, NULL, NULL, NULL),
         (4, 2, 'c@acme.example', 'discarded', 0, NULL, NULL, NULL, '${day(2)}', 'left');
`;

/** Five complete runs; every token but one was missing from some of them. */
const comingAndGoing = `
  INSERT INTO runs (id, trigger, status, holder, started_at, finished_at, is_baseline, token_count)
  VALUES (1, 'schedule', 'complete', 'a', '${day(1)}', '${day(1)}', 1, 5),
         (2, 'schedule', 'complete', 'a', '${day(2)}', '${day(2)}', 0, 2),
         (3, 'schedule', 'complete', 'a', '${day(3)}', '${day(3)}', 0, 4),
         (4, 'schedule', 'complete', 'a', '${day(4)}', '${day(4)}', 0, 4),
         (5, 'schedule', 'complete', 'a', '${day(5)}', '${day(5)}', 0, 5);
  INSERT INTO token_versions (token_id, first_run_id, last_run_id, name, type, enabled, created_at)
  VALUES ('away', 1, 1, 'a', 'personal', 0, '${day(1)}'),
         ('away', 3, NULL, 'a', 'personal', 0, '${day(1)}'),
         ('away-and-enabled', 1, 1, 'a', 'personal', 1, '${day(1)}'),
         ('away-and-enabled', 3, NULL, 'a', 'personal', 0, '${day(1)}'),
         ('away-twice', 1, 1, 'a', 'personal', 0, '${day(1)}'),
         ('away-twice', 3, 3, 'a', 'personal', 0, '${day(1)}'),
         ('away-twice', 5, NULL, 'a', 'personal', 0, '${day(1)}'),
         ('renamed-before-and-after', 1, 1, 'a', 'personal', 0, '${day(1)}'),
         ('renamed-before-and-after', 2, 2, 'b', 'personal', 0, '${day(1)}'),
         ('renamed-before-and-after', 4, 4, 'b', 'personal', 0, '${day(1)}'),
         ('renamed-before-and-after', 5, NULL, 'c', 'personal', 0, '${day(1)}'),
         ('stayed', 1, 1, 'a', 'personal', 0, '${day(1)}'),
         ('stayed', 2, 4, 'b', 'personal', 0, '${day(1)}'),
         ('stayed', 5, NULL, 'c', 'personal', 0, '${day(1)}');
`;

/** A database as the first version of the program wrote it. */
function createFirstVersion(context: TestContext, rows: string): string {
  const folder = tempFolder(context);
  const migrations = join(folder, 'migrations');
  mkdirSync(migrations);
  cpSync(join(migrationsFolder, '0001_initial.sql'), join(migrations, '0001_initial.sql'));
  const path = join(folder, 'audit.db');
  const db = openDatabase(path);
  migrate(db, someMorning, migrations);
  db.exec(rows);
  db.close();
  return path;
}

/** All rows of all tables but the ledger of migrations. */
function readHistory(path: string): Record<string, Row[]> {
  const { migrations: _ledger, ...tables } = readTables(path);
  return tables;
}

/** The rows of after, without the columns that those of before do not have. */
function withColumnsOf(before: Row[], after: Row[] | undefined): Row[] | undefined {
  const columns = new Set(Object.keys(before[0] ?? {}));
  return after?.map((row) => Object.fromEntries(Object.entries(row).filter(([column]) => columns.has(column))));
}

function upgraded(context: TestContext, rows = history): { path: string; db: Database; before: Record<string, Row[]> } {
  const path = createFirstVersion(context, rows);
  const db = openDatabase(path);
  context.after(() => db.close());
  const before = readHistory(path);
  migrate(db, new Date('2026-02-01T00:00:00.000Z'));
  requireCurrentSchema(db);
  return { path, db, before };
}

/** Each version of each token as `id first-run: run that first saw it disabled`. */
function disabledSince(db: Database): string[] {
  return db
    .prepare<[], { tokenId: string; first: number; since: number | null }>(
      `SELECT token_id AS tokenId, first_run_id AS first, disabled_since_run_id AS since
         FROM token_versions
        ORDER BY token_id, first_run_id`,
    )
    .all()
    .map(({ tokenId, first, since }) => `${tokenId} ${first}: ${since}`);
}

describe('a database of the first version', () => {
  test('keeps every row of every table', (context) => {
    const { path, db, before } = upgraded(context);
    const after = readHistory(path);
    const filled = Object.entries(before).filter(([, rows]) => rows.length > 0);
    assert.deepEqual(filled.map(([name]) => name).sort(), [
      ...['conditions', 'deliveries', 'findings', 'messages', 'organisation', 'runs', 'sqlite_sequence'],
      'token_versions',
    ]);
    for (const [name, rows] of filled) assert.deepEqual(withColumnsOf(rows, after[name]), rows, name);
    assert.deepEqual(db.pragma('foreign_key_check'), []);
    assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
  });

  test('knows of each disabled token the run that first saw it so, without a break', (context) => {
    const { db } = upgraded(context);
    assert.deepEqual(disabledSince(db), [
      'always-enabled 1: null',
      'disabled-and-renamed 1: 1',
      'disabled-and-renamed 3: 1',
      'disabled-and-renamed 4: 1',
      'disabled-later 1: null',
      'disabled-later 3: 3',
      'disabled-later 4: 3',
      'disabled-twice 1: 1',
      'disabled-twice 3: null',
      'disabled-twice 4: 4',
      'removed 1: 1',
    ]);
  });

  test('knows for each disabled token whether it was away meanwhile', (context) => {
    const { db } = upgraded(context, comingAndGoing);
    assert.deepEqual(disabledSince(db), [
      'away 1: 1',
      'away 3: 3',
      'away-and-enabled 1: null',
      'away-and-enabled 3: 3',
      'away-twice 1: 1',
      'away-twice 3: 3',
      'away-twice 5: 5',
      'renamed-before-and-after 1: 1',
      'renamed-before-and-after 2: 1',
      'renamed-before-and-after 4: 4',
      'renamed-before-and-after 5: 4',
      'stayed 1: 1',
      'stayed 2: 1',
      'stayed 5: 1',
    ]);
  });

  test('says nothing of what it did not know: owners, credential, breaker', (context) => {
    const { db } = upgraded(context);
    const news = db
      .prepare(
        `SELECT DISTINCT owners_problem, owners_hint, owners_unproved, key_scope, org_role, breaker
           FROM runs`,
      )
      .raw()
      .all();
    assert.deepEqual(news, [[null, null, 0, null, null, null]]);
    assert.deepEqual(db.prepare('SELECT DISTINCT held_back FROM conditions').raw().all(), [[0]]);
    for (const table of ['acknowledgements', 'record_fields', 'owner_versions']) {
      assert.deepEqual(db.prepare(`SELECT * FROM ${table}`).all(), [], table);
    }
  });

  test('knows the newest mail when a delivery was given up, so that a later one still tells of it', (context) => {
    const db = openDatabase(createFirstVersion(context, history));
    context.after(() => db.close());
    migrate(db, someMorning);
    const rows = db.prepare('SELECT id, discarded_after AS after FROM deliveries ORDER BY id').all();
    assert.deepEqual(rows, [
      { id: 1, after: null },
      { id: 2, after: null },
      { id: 3, after: null },
      { id: 4, after: 2 },
    ]);
  });

  test('is copied beside itself first', (context) => {
    const { path, before } = upgraded(context);
    assert.deepEqual(readHistory(`${path}.schema-1.bak`), before);
  });

  test('is read by this version like its own', (context) => {
    const { path } = upgraded(context);
    {
      using store = openAuditStore(path, someMorning);
      assert.deepEqual(
        currentFacts(store).map(({ token, disabledSince }) => [token.id, disabledSince]),
        [
          ['always-enabled', null],
          ['disabled-and-renamed', day(1)],
          ['disabled-later', day(3)],
          ['disabled-twice', day(4)],
        ],
      );
      assert.deepEqual(
        store.standing(someMorning).map(({ kind, count }) => [kind, count]),
        [['token-type-unknown', 1]],
      );
      assert.deepEqual(
        store.acknowledgements.openConditions('disabled-twice', someMorning).map(({ id }) => id),
        [1],
      );
      assert.equal(store.runs.lastCredential(), null);
      assert.equal(store.conditions.openBySeverity().medium, 1);
      assert.equal(store.outbox.counts().pending, 1);
    }
    using look = openReadStore(path);
    assert.equal([...look.findings({ now: someMorning })].length, 4);
    assert.equal([...look.tokens({ runId: 3 })].length, 5);
  });
});
