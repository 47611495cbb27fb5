import type { Credential } from '../rules/credential.ts';
import type { LearnedOwners } from '../rules/owner.ts';
import type { BreakerVerdict } from '../rules/removal-policy.ts';
import type { Database } from './database.ts';

export type RunTrigger = 'schedule' | 'catch-up' | 'retry' | 'manual';
export const runStatuses = ['running', 'complete', 'failed', 'interrupted'] as const;
export type RunStatus = (typeof runStatuses)[number];

export interface Run {
  id: number;
  trigger: RunTrigger;
  status: RunStatus;
  /** Process and host. */
  lockedBy: string;
  startedAt: string;
  finishedAt: string | null;
  isBaseline: boolean;
  tokenCount: number | null;
  pageCount: number;
  requestCount: number;
  surplus: number | null;
  ownersKnown: boolean | null;
  ownersProblem: string | null;
  ownersHint: string | null;
  ownersUnresolved: number;
  breaker: BreakerVerdict | null;
  settingsFingerprint: string | null;
  errorType: string | null;
  error: string | null;
}

export interface ListedRun extends Run {
  /** Findings that the run told. */
  findingCount: number;
}

/** One attempt at an audit, as far as the schedule cares. */
export interface Attempt {
  startedAt: Date;
  /** When it ended; its start where that is not known. */
  endedAt: Date;
  outcome: 'complete' | 'failed' | 'interrupted';
  /** The credential was refused: asking again soon cannot help. */
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
  /** `unproved`: owners whose absence could not be proved in this run. */
  owners: LearnedOwners;
  /** null: whoami did not say. */
  credential: Credential | null;
  breaker: BreakerVerdict | null;
}

export interface RunFailure {
  /** Interrupted: it was told to stop and did not fail by itself. */
  status: 'failed' | 'interrupted';
  finishedAt: Date;
  pageCount: number;
  requestCount: number;
  errorType: string;
  error: string;
}

/** How some audits ended. `ownersUnknown`: complete ones that did not learn who owns the tokens. */
export interface AuditTally {
  complete: number;
  failed: number;
  interrupted: number;
  ownersUnknown: number;
}

interface CompletionRow extends Omit<RunCompletion, 'finishedAt' | 'isBaseline' | 'owners' | 'credential'> {
  id: number;
  finishedAt: string;
  isBaseline: number;
  ownersKnown: number;
  ownersProblem: string | null;
  ownersHint: string | null;
  ownersUnresolved: number;
  keyScope: string | null;
  orgRole: string | null;
}

interface RunRow extends Omit<ListedRun, 'isBaseline' | 'ownersKnown'> {
  isBaseline: number;
  ownersKnown: number | null;
}

const columns = `id, trigger, status, locked_by AS lockedBy, started_at AS startedAt, finished_at AS finishedAt, is_baseline AS isBaseline,
       token_count AS tokenCount, page_count AS pageCount, request_count AS requestCount, surplus,
       owners_known AS ownersKnown, owners_problem AS ownersProblem, owners_hint AS ownersHint,
       owners_unresolved AS ownersUnresolved, breaker, settings_fingerprint AS settingsFingerprint, error_type AS errorType, error,
       (SELECT count(*) FROM findings AS f WHERE f.run_id = runs.id AND f.suppressed_by IS NULL) AS findingCount`;

export type Runs = ReturnType<typeof createRuns>;

/** Every attempt at an audit. */
export function createRuns(db: Database) {
  const insert = db.prepare<[RunTrigger, string, string]>(
    "INSERT INTO runs (trigger, status, locked_by, started_at) VALUES (?, 'running', ?, ?)",
  );
  const interrupt = db.prepare<[string]>(
    "UPDATE runs SET status = 'interrupted', finished_at = ?, error = 'the process ended before the audit did' WHERE status = 'running'",
  );
  const complete = db.prepare<[CompletionRow]>(
    `UPDATE runs
        SET status = 'complete', finished_at = @finishedAt, is_baseline = @isBaseline, token_count = @tokenCount,
            page_count = @pageCount, request_count = @requestCount, surplus = @surplus, settings_fingerprint = @settingsFingerprint,
            owners_known = @ownersKnown, owners_problem = @ownersProblem, owners_hint = @ownersHint,
            owners_unresolved = @ownersUnresolved, key_scope = @keyScope, org_role = @orgRole, breaker = @breaker
      WHERE id = @id AND status = 'running'`,
  );
  const lastCredential = db.prepare<[], Credential>(
    `SELECT key_scope AS keyScope, org_role AS orgRole
       FROM runs
      WHERE status = 'complete'
        AND key_scope IS NOT NULL
        AND org_role IS NOT NULL
      ORDER BY id DESC
      LIMIT 1`,
  );
  const fail = db.prepare<[Omit<RunFailure, 'finishedAt'> & { id: number; finishedAt: string }]>(
    `UPDATE runs
        SET status = @status, finished_at = @finishedAt, page_count = @pageCount, request_count = @requestCount,
            error_type = @errorType, error = @error
      WHERE id = @id AND status = 'running'`,
  );
  const byId = db.prepare<[number], RunRow>(`SELECT ${columns} FROM runs WHERE id = ?`);
  const newest = db.prepare<[RunStatus], RunRow>(
    `SELECT ${columns} FROM runs WHERE status = ? ORDER BY id DESC LIMIT 1`,
  );
  const newestOfAll = db.prepare<[], RunRow>(`SELECT ${columns} FROM runs ORDER BY id DESC LIMIT 1`);
  const before = db.prepare<[number], RunRow>(
    `SELECT ${columns} FROM runs WHERE status = 'complete' AND id < ? ORDER BY id DESC LIMIT 1`,
  );
  const after = db.prepare<[number], RunRow>(
    `SELECT ${columns} FROM runs WHERE status = 'complete' AND id > ? ORDER BY id LIMIT 1`,
  );
  const asOf = db.prepare<[string], RunRow>(
    `SELECT ${columns} FROM runs WHERE status = 'complete' AND started_at <= ? ORDER BY id DESC LIMIT 1`,
  );
  const newestUpTo = db.prepare<[string], RunRow>(
    `SELECT ${columns} FROM runs WHERE started_at <= ? ORDER BY id DESC LIMIT 1`,
  );
  const between = db.prepare<[string, string], AuditTally>(
    `SELECT count(*) FILTER (WHERE status = 'complete') AS complete,
            count(*) FILTER (WHERE status = 'failed') AS failed,
            count(*) FILTER (WHERE status = 'interrupted') AS interrupted,
            count(*) FILTER (WHERE owners_known = 0) AS ownersUnknown
       FROM runs
      WHERE started_at >= ?
        AND started_at < ?`,
  );
  const latestStart = db.prepare<[number], { at: string | null }>(
    `SELECT max(started_at) AS at
       FROM (SELECT started_at FROM runs WHERE status = 'complete' ORDER BY id DESC LIMIT ?)`,
  );
  const attempts = db.prepare<
    [],
    { startedAt: string; finishedAt: string | null; status: RunStatus; errorType: string | null }
  >(
    `SELECT started_at AS startedAt, finished_at AS finishedAt, status, error_type AS errorType
       FROM runs
      WHERE id >= coalesce((SELECT max(id) FROM runs WHERE status = 'complete'), 0)
      ORDER BY id DESC
      LIMIT 200`,
  );
  const some = db.prepare<
    [{ status: RunStatus | null; since: string | null; until: string | null; limit: number }],
    RunRow
  >(
    `SELECT ${columns}
       FROM runs
      WHERE (@status IS NULL OR status = @status)
        AND (@since IS NULL OR started_at >= @since)
        AND (@until IS NULL OR started_at < @until)
      ORDER BY id DESC
      LIMIT @limit`,
  );

  return {
    begin(trigger: RunTrigger, lockedBy: string, startedAt: Date): number {
      return Number(insert.run(trigger, lockedBy, startedAt.toISOString()).lastInsertRowid);
    },
    /** Runs that still count as running though nobody holds the lock. Answers how many. */
    interruptAbandoned(at: Date): number {
      return interrupt.run(at.toISOString()).changes;
    },
    complete(id: number, { owners, credential, ...facts }: RunCompletion): void {
      complete.run({
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
    /** What whoami last said in a complete run; null: it never did. */
    lastCredential: (): Credential | null => lastCredential.get() ?? null,
    fail(id: number, failure: RunFailure): void {
      fail.run({ ...failure, id, finishedAt: failure.finishedAt.toISOString() });
    },
    find: (id: number): ListedRun | null => toRun(byId.get(id)),
    lastComplete: (): ListedRun | null => toRun(newest.get('complete')),
    /** The latest time that the clock showed at one of the last so many complete runs; null: there are none. */
    latestStart(count: number): Date | null {
      const at = latestStart.get(count)?.at ?? null;
      return at === null ? null : new Date(at);
    },
    /** The newest complete one that began by then. */
    completeAsOf: (instant: Date): ListedRun | null => toRun(asOf.get(instant.toISOString())),
    /** The newest that began by then, however it ended. */
    lastAsOf: (instant: Date): ListedRun | null => toRun(newestUpTo.get(instant.toISOString())),
    /** How those ended that began from one instant on and before another. */
    tally: (from: Date, to: Date): AuditTally =>
      between.get(from.toISOString(), to.toISOString()) ?? { complete: 0, failed: 0, interrupted: 0, ownersUnknown: 0 },
    completeBefore: (id: number): ListedRun | null => toRun(before.get(id)),
    completeAfter: (id: number): ListedRun | null => toRun(after.get(id)),
    last: (): ListedRun | null => toRun(newestOfAll.get()),
    running: (): ListedRun | null => toRun(newest.get('running')),
    /** Back to the last complete one, newest first. One that still runs counts as interrupted: whoever runs it holds the lock. */
    attempts: (): Attempt[] =>
      attempts.all().map(({ startedAt, finishedAt, status, errorType }) => ({
        startedAt: new Date(startedAt),
        // Of one whose process died, only the time is known at which that was found out.
        endedAt: new Date(status === 'failed' ? (finishedAt ?? startedAt) : startedAt),
        outcome: status === 'running' ? 'interrupted' : status,
        credentialRefused: errorType === 'CredentialRefusedError',
      })),
    /** Newest first. */
    *list({ status, since, until, limit }: RunFilter = {}): Generator<ListedRun> {
      const rows = some.iterate({
        status: status ?? null,
        since: since ?? null,
        until: until ?? null,
        limit: limit ?? -1,
      });
      for (const row of rows) yield fromRow(row);
    },
  };
}

function toRun(row: RunRow | undefined): ListedRun | null {
  return row === undefined ? null : fromRow(row);
}

function fromRow(row: RunRow): ListedRun {
  return {
    ...row,
    isBaseline: row.isBaseline === 1,
    ownersKnown: row.ownersKnown === null ? null : row.ownersKnown === 1,
  };
}
