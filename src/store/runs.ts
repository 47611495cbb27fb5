import type { Credential } from '../rules/credential.ts';
import type { LearnedOwners } from '../rules/owner.ts';
import type { BreakerVerdict } from '../rules/removal-policy.ts';
import type { RolesProblem } from '../rules/role.ts';
import type { Database } from './database.ts';
import {
  boolean,
  columnsOf,
  instant,
  integer,
  type NamedValues,
  nullable,
  prepare,
  type Query,
  type RowOf,
  text,
  textOf,
} from './statement.ts';
import type { Transaction } from './transaction.ts';

/** The record of all runs, however they ended. */
export interface Runs {
  /** Records a run that begins now. Returns its id. */
  begin(tx: Transaction, trigger: RunTrigger, lockedBy: string, startedAt: Date): number;
  /** Sets the instant by which everything in the run is judged. It becomes the start of the run. */
  setInstant(tx: Transaction, id: number, at: Date): void;
  /** Records that a run completed. Changes nothing if it has already ended. */
  complete(tx: Transaction, id: number, completion: RunCompletion): void;
  /** Records that a run failed or was interrupted. Changes nothing if it has already ended. */
  fail(tx: Transaction, id: number, failure: RunFailure): void;
  /** Ends the runs whose processes died. The caller must hold the audit lock. Returns how many there were. */
  interruptAbandoned(tx: Transaction, at: Date): number;

  find(id: number): Run | null;
  /** The newest run, however it ended. */
  last(): Run | null;
  lastComplete(): Run | null;
  /** The newest complete run that could read the owners, and so judged them. */
  lastWithOwners(): Run | null;
  /** Returns the credential of the newest complete run in which whoami answered; null: there is none. */
  lastCredential(): Credential | null;
  /** The tokens that the newest complete run found by id although the list lacked them. */
  lastHiddenIds(): string[];
  /**
   * Returns the runs back to the last complete one, newest first, at most 200. A run that is still marked as
   * running counts as interrupted: the caller holds the lock, so its process has died.
   */
  recent(): RecentRun[];
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
  keyScope: nullable(text),
  clockChecked: nullable(boolean),
  ownersKnown: nullable(boolean),
  ownersProblem: nullable(text),
  ownersHint: nullable(text),
  ownersUnresolved: integer,
  rolesProblem: nullable(text),
  rolesHint: nullable(text),
  breaker: nullable(textOf<BreakerVerdict>()),
  settingsFingerprint: nullable(text),
  errorType: nullable(text),
  error: nullable(text),
};
/** A row of the table `runs`. The migration explains the columns. */
export type Run = RowOf<typeof runRow>;

const recentRunRow = {
  startedAt: instant,
  /**
   * The end of a failed run, but the start of any other. The recorded end of an interrupted run can be much too
   * late: if its process died, it is the time at which the next audit noticed.
   */
  endedAt: instant,
  outcome: textOf<'complete' | 'failed' | 'interrupted'>(),
  /** Omni refused the credential, so an early retry cannot help. */
  credentialRefused: boolean,
  /** Our clock was wrong. Audits work again as soon as it is corrected. */
  clockWrong: boolean,
};
/** What the schedule needs to know about a run. */
export type RecentRun = RowOf<typeof recentRunRow>;

export interface RunCompletion {
  /** The instant by which everything in the run was judged. It becomes the start of the run. */
  startedAt: Date;
  finishedAt: Date;
  /** Our clock agreed with Omni's. */
  clockChecked: boolean;
  isBaseline: boolean;
  tokenCount: number;
  pageCount: number;
  requestCount: number;
  surplus: number;
  /** Tokens that Omni's list lacks but that Omni still knows by id. */
  hiddenIds: readonly string[];
  settingsFingerprint: string;
  owners: LearnedOwners;
  rolesProblem: RolesProblem | null;
  /** null: whoami returned nothing usable. */
  credential: Credential | null;
  breaker: BreakerVerdict | null;
}

export interface RunFailure {
  /** `interrupted`: the process was stopped. */
  status: 'failed' | 'interrupted';
  finishedAt: Date;
  pageCount: number;
  requestCount: number;
  errorType: string;
  error: string;
}

/** Prepares a query for one run. `which` is the rest of the statement, from WHERE on. */
export function selectRun<Parameters extends unknown[] = []>(db: Database, which: string): Query<Parameters, Run> {
  return prepare<Parameters>(db, `SELECT ${columnsOf('r', runRow)} FROM runs AS r ${which} LIMIT 1`).returning(runRow);
}

export function createRuns(db: Database): Runs {
  const stmts = {
    begin: prepare<[RunTrigger, string, string]>(
      db,
      "INSERT INTO runs (trigger, status, locked_by, started_at) VALUES (?, 'running', ?, ?)",
    ),
    setInstant: prepare<[string, number]>(db, 'UPDATE runs SET started_at = ? WHERE id = ?'),
    complete: prepare<[NamedValues]>(
      db,
      `UPDATE runs
          SET status = 'complete', started_at = @startedAt, finished_at = @finishedAt,
              clock_checked = @clockChecked, is_baseline = @isBaseline, token_count = @tokenCount,
              page_count = @pageCount, request_count = @requestCount, surplus = @surplus,
              hidden_token_ids = @hiddenTokenIds,
              settings_fingerprint = @settingsFingerprint, owners_known = @ownersKnown, owners_problem = @ownersProblem,
              owners_hint = @ownersHint, owners_unresolved = @ownersUnresolved,
              roles_problem = @rolesProblem, roles_hint = @rolesHint, key_scope = @keyScope, org_role = @orgRole, breaker = @breaker
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
    find: selectRun<[number]>(db, 'WHERE id = ?'),
    last: selectRun(db, 'ORDER BY id DESC'),
    lastComplete: selectRun(db, "WHERE status = 'complete' ORDER BY id DESC"),
    lastWithOwners: selectRun(db, "WHERE status = 'complete' AND owners_known = 1 ORDER BY id DESC"),
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
    lastHiddenIds: prepare(
      db,
      `SELECT hidden.value
         FROM json_each((SELECT hidden_token_ids FROM runs WHERE status = 'complete' ORDER BY id DESC LIMIT 1)) AS hidden`,
    ).returningOne(text),
    recent: prepare(
      db,
      `SELECT started_at AS startedAt,
              iif(status = 'failed', finished_at, started_at) AS endedAt,
              iif(status = 'running', 'interrupted', status) AS outcome,
              error_type IS 'CredentialRefusedError' AS credentialRefused,
              error_type IS 'WrongClockError' AS clockWrong
         FROM runs
        WHERE id >= coalesce((SELECT max(id) FROM runs WHERE status = 'complete'), 0)
        ORDER BY id DESC
        LIMIT 200`,
    ).returning(recentRunRow),
  };

  return {
    begin(tx, trigger, lockedBy, startedAt) {
      tx.requireOpen();
      return stmts.begin.run(trigger, lockedBy, startedAt.toISOString()).lastId;
    },
    setInstant(tx, id, at) {
      tx.requireOpen();
      stmts.setInstant.run(at.toISOString(), id);
    },
    complete(tx, id, { owners, rolesProblem, credential, hiddenIds, ...facts }) {
      tx.requireOpen();
      stmts.complete.run({
        ...facts,
        id,
        startedAt: facts.startedAt.toISOString(),
        finishedAt: facts.finishedAt.toISOString(),
        clockChecked: Number(facts.clockChecked),
        hiddenTokenIds: JSON.stringify(hiddenIds),
        isBaseline: Number(facts.isBaseline),
        ownersKnown: Number(owners.known),
        ownersProblem: owners.known ? null : owners.problem,
        ownersHint: owners.known ? null : owners.hint,
        ownersUnresolved: owners.known ? owners.unresolved : 0,
        rolesProblem: rolesProblem?.problem ?? null,
        rolesHint: rolesProblem?.hint ?? null,
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
    lastComplete: () => stmts.lastComplete.get(),
    lastWithOwners: () => stmts.lastWithOwners.get(),
    lastCredential: () => stmts.lastCredential.get(),
    lastHiddenIds: () => stmts.lastHiddenIds.all(),
    recent: () => stmts.recent.all(),
  };
}
