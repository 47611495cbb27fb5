import type { Credential } from '../rules/credential.ts';
import type { LearnedOwners } from '../rules/owner.ts';
import type { BreakerVerdict } from '../rules/removal-policy.ts';
import type { Database } from './database.ts';
import { boolean, integer, type NamedValues, nullable, prepare, type RowOf, text, textOf } from './statement.ts';
import type { Transaction } from './transaction.ts';

/** Every attempt at an audit. */
export interface Runs {
  /** Records a run that begins now. Returns its id. */
  begin(tx: Transaction, trigger: RunTrigger, lockedBy: string, startedAt: Date): number;
  /** Records that a running run completed. */
  complete(tx: Transaction, id: number, completion: RunCompletion): void;
  /** Records that a running run failed or was interrupted. */
  fail(tx: Transaction, id: number, failure: RunFailure): void;
  /** Ends the runs that count as running although nobody holds the audit lock. Returns how many there were. */
  interruptAbandoned(tx: Transaction, at: Date): number;

  find(id: number): Run | null;
  /** The newest run, however it ended. */
  last(): Run | null;
  lastComplete(): Run | null;
  running(): Run | null;
  /** The newest complete run before that one. */
  completeBefore(id: number): Run | null;
  /** The oldest complete run after that one. */
  completeAfter(id: number): Run | null;
  /** The newest complete run that began by then. */
  completeAsOf(instant: Date): Run | null;
  /** The newest run that began by then, however it ended. */
  lastAsOf(instant: Date): Run | null;
  /** The oldest complete run whose snapshot was not pruned. */
  oldestSnapshot(): OldestSnapshot | null;
  /** What whoami said in the newest complete run in which it said something. */
  lastCredential(): Credential | null;
  /** How the runs ended that began in [from, to). */
  tally(from: Date, to: Date): AuditTally;
  /**
   * The runs back to the last complete one, newest first, 200 at most. One that still runs counts as
   * interrupted: the caller holds the lock, so its process is gone.
   */
  attempts(): Attempt[];
  /** Newest first. */
  list(filter?: RunFilter): Generator<ListedRun>;
}

export type RunTrigger = 'schedule' | 'catch-up' | 'retry' | 'manual';
export const runStatuses = ['running', 'complete', 'failed', 'interrupted'] as const;
export type RunStatus = (typeof runStatuses)[number];

const runRow = {
  id: integer,
  trigger: textOf<RunTrigger>(),
  status: textOf<RunStatus>(),
  lockedBy: text,
  startedAt: text,
  finishedAt: nullable(text),
  isBaseline: boolean,
  tokenCount: nullable(integer),
  pageCount: integer,
  requestCount: integer,
  surplus: nullable(integer),
  ownersKnown: nullable(boolean),
  ownersProblem: nullable(text),
  ownersHint: nullable(text),
  ownersUnresolved: integer,
  breaker: nullable(textOf<BreakerVerdict>()),
  settingsFingerprint: nullable(text),
  errorType: nullable(text),
  error: nullable(text),
};
/** A row of the table `runs`; what the columns mean is explained there. */
export type Run = RowOf<typeof runRow>;

const listedRunRow = { ...runRow, findingCount: integer };
/** `findingCount`: the findings that it reported. */
export type ListedRun = RowOf<typeof listedRunRow>;

const oldestSnapshotRow = { runId: integer, startedAt: text };
export type OldestSnapshot = RowOf<typeof oldestSnapshotRow>;

const tallyRow = { complete: integer, failed: integer, interrupted: integer, ownersUnknown: integer };
/** How some runs ended. `ownersUnknown`: complete ones that could not resolve the owners. */
export type AuditTally = RowOf<typeof tallyRow>;

/** A run as far as the schedule cares. */
export interface Attempt {
  startedAt: Date;
  /** Its start where its end is not known. */
  endedAt: Date;
  outcome: 'complete' | 'failed' | 'interrupted';
  /** Omni refused the credential: asking again soon cannot help. */
  credentialRefused: boolean;
}

/** Which runs to list; without any, all. */
export interface RunFilter {
  status?: RunStatus | undefined;
  /** Those that began from then on, and before then; UTC ISO-8601. */
  since?: string | undefined;
  until?: string | undefined;
  /** At most so many. */
  limit?: number | undefined;
}

export interface RunCompletion {
  finishedAt: Date;
  isBaseline: boolean;
  tokenCount: number;
  pageCount: number;
  requestCount: number;
  surplus: number;
  settingsFingerprint: string;
  owners: LearnedOwners;
  /** null: whoami did not say. */
  credential: Credential | null;
  breaker: BreakerVerdict | null;
}

export interface RunFailure {
  /** Interrupted: the process was stopped. */
  status: 'failed' | 'interrupted';
  finishedAt: Date;
  pageCount: number;
  requestCount: number;
  errorType: string;
  error: string;
}

const columns = `id, trigger, status, locked_by AS lockedBy, started_at AS startedAt, finished_at AS finishedAt,
       is_baseline AS isBaseline, token_count AS tokenCount, page_count AS pageCount, request_count AS requestCount,
       surplus, owners_known AS ownersKnown, owners_problem AS ownersProblem, owners_hint AS ownersHint,
       owners_unresolved AS ownersUnresolved, breaker, settings_fingerprint AS settingsFingerprint,
       error_type AS errorType, error`;

export function createRuns(db: Database): Runs {
  function select<Parameters extends unknown[] = []>(which: string) {
    return prepare<Parameters>(db, `SELECT ${columns} FROM runs ${which} LIMIT 1`).returning(runRow);
  }
  const stmts = {
    begin: prepare<[RunTrigger, string, string]>(
      db,
      "INSERT INTO runs (trigger, status, locked_by, started_at) VALUES (?, 'running', ?, ?)",
    ),
    complete: prepare<[NamedValues]>(
      db,
      `UPDATE runs
          SET status = 'complete', finished_at = @finishedAt, is_baseline = @isBaseline, token_count = @tokenCount,
              page_count = @pageCount, request_count = @requestCount, surplus = @surplus,
              settings_fingerprint = @settingsFingerprint, owners_known = @ownersKnown, owners_problem = @ownersProblem,
              owners_hint = @ownersHint, owners_unresolved = @ownersUnresolved, key_scope = @keyScope,
              org_role = @orgRole, breaker = @breaker
        WHERE id = @id
          AND status = 'running'`,
    ),
    fail: prepare<[NamedValues]>(
      db,
      `UPDATE runs
          SET status = @status, finished_at = @finishedAt, page_count = @pageCount, request_count = @requestCount,
              error_type = @errorType, error = @error
        WHERE id = @id
          AND status = 'running'`,
    ),
    interrupt: prepare<[string]>(
      db,
      `UPDATE runs
          SET status = 'interrupted', finished_at = ?, error = 'the process ended before the audit did'
        WHERE status = 'running'`,
    ),
    find: select<[number]>('WHERE id = ?'),
    last: select('ORDER BY id DESC'),
    newest: select<[RunStatus]>('WHERE status = ? ORDER BY id DESC'),
    completeBefore: select<[number]>("WHERE status = 'complete' AND id < ? ORDER BY id DESC"),
    completeAfter: select<[number]>("WHERE status = 'complete' AND id > ? ORDER BY id"),
    completeAsOf: select<[string]>("WHERE status = 'complete' AND started_at <= ? ORDER BY id DESC"),
    lastAsOf: select<[string]>('WHERE started_at <= ? ORDER BY id DESC'),
    oldestSnapshot: prepare(
      db,
      `SELECT id AS runId, started_at AS startedAt
         FROM runs
        WHERE status = 'complete'
          AND id >= coalesce((SELECT oldest_run_id FROM retention), 0)
        ORDER BY id
        LIMIT 1`,
    ).returning(oldestSnapshotRow),
    lastCredential: prepare(
      db,
      `SELECT key_scope AS keyScope, org_role AS orgRole
         FROM runs
        WHERE status = 'complete'
          AND key_scope IS NOT NULL
          AND org_role IS NOT NULL
        ORDER BY id DESC
        LIMIT 1`,
    ).returning({ keyScope: text, orgRole: text }),
    tally: prepare<[string, string]>(
      db,
      `SELECT count(*) FILTER (WHERE status = 'complete') AS complete,
              count(*) FILTER (WHERE status = 'failed') AS failed,
              count(*) FILTER (WHERE status = 'interrupted') AS interrupted,
              count(*) FILTER (WHERE owners_known = 0) AS ownersUnknown
         FROM runs
        WHERE started_at >= ?
          AND started_at < ?`,
    ).returning(tallyRow),
    attempts: prepare(
      db,
      `SELECT started_at AS startedAt, finished_at AS finishedAt, status, error_type AS errorType
         FROM runs
        WHERE id >= coalesce((SELECT max(id) FROM runs WHERE status = 'complete'), 0)
        ORDER BY id DESC
        LIMIT 200`,
    ).returning({
      startedAt: text,
      finishedAt: nullable(text),
      status: textOf<RunStatus>(),
      errorType: nullable(text),
    }),
    list: prepare<[{ status: RunStatus | null; since: string | null; until: string | null; limit: number }]>(
      db,
      `SELECT ${columns},
              (SELECT count(*) FROM findings AS f WHERE f.run_id = runs.id AND f.suppressed_by IS NULL) AS findingCount
         FROM runs
        WHERE (@status IS NULL OR status = @status)
          AND (@since IS NULL OR started_at >= @since)
          AND (@until IS NULL OR started_at < @until)
        ORDER BY id DESC
        LIMIT @limit`,
    ).returning(listedRunRow),
  };

  return {
    begin(tx, trigger, lockedBy, startedAt) {
      tx.requireOpen();
      return stmts.begin.run(trigger, lockedBy, startedAt.toISOString()).lastId;
    },
    complete(tx, id, { owners, credential, ...facts }) {
      tx.requireOpen();
      stmts.complete.run({
        ...facts,
        id,
        finishedAt: facts.finishedAt.toISOString(),
        isBaseline: Number(facts.isBaseline),
        ownersKnown: Number(owners.known),
        ownersProblem: owners.known ? null : owners.problem,
        ownersHint: owners.known ? null : owners.hint,
        ownersUnresolved: owners.known ? owners.unresolved : 0,
        keyScope: credential?.keyScope ?? null,
        orgRole: credential?.orgRole ?? null,
      });
    },
    fail(tx, id, failure) {
      tx.requireOpen();
      stmts.fail.run({ ...failure, id, finishedAt: failure.finishedAt.toISOString() });
    },
    interruptAbandoned(tx, at) {
      tx.requireOpen();
      return stmts.interrupt.run(at.toISOString()).changes;
    },
    find: (id) => stmts.find.get(id),
    last: () => stmts.last.get(),
    lastComplete: () => stmts.newest.get('complete'),
    running: () => stmts.newest.get('running'),
    completeBefore: (id) => stmts.completeBefore.get(id),
    completeAfter: (id) => stmts.completeAfter.get(id),
    completeAsOf: (instant) => stmts.completeAsOf.get(instant.toISOString()),
    lastAsOf: (instant) => stmts.lastAsOf.get(instant.toISOString()),
    oldestSnapshot: () => stmts.oldestSnapshot.get(),
    lastCredential: () => stmts.lastCredential.get(),
    tally: (from, to) =>
      stmts.tally.get(from.toISOString(), to.toISOString()) ?? {
        complete: 0,
        failed: 0,
        interrupted: 0,
        ownersUnknown: 0,
      },
    attempts: () =>
      stmts.attempts.all().map(({ startedAt, finishedAt, status, errorType }) => ({
        startedAt: new Date(startedAt),
        // When the process of a run died is not known: only when that was noticed.
        endedAt: new Date(status === 'failed' ? (finishedAt ?? startedAt) : startedAt),
        outcome: status === 'running' ? 'interrupted' : status,
        credentialRefused: errorType === 'CredentialRefusedError',
      })),
    list: ({ status, since, until, limit } = {}) =>
      stmts.list.iterate({ status: status ?? null, since: since ?? null, until: until ?? null, limit: limit ?? -1 }),
  };
}
