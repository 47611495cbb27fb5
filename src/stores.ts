import { AuditLockedError } from './errors.ts';
import { readHealthFacts } from './history/health.ts';
import { type FindingFilter, listFindings } from './history/listed-findings.ts';
import { listTokens, readTypes, type TokenFilter } from './history/listed-tokens.ts';
import { readAllStanding, readStanding } from './history/open-findings.ts';
import { type RunPair, readDiff } from './history/read-diff.ts';
import { readOutage } from './history/read-outage.ts';
import {
  readInventory,
  readOwnedTokens,
  readRunNews,
  readRunReport,
  readRunTotals,
} from './history/read-run-report.ts';
import { readSummaryPeriod } from './history/read-summary-period.ts';
import { readAccountHistory, readHistory } from './history/read-timeline.ts';
import { readTrend } from './history/read-trend.ts';
import type { RunNews, RunReport, RunTotals } from './history/run-report.ts';
import { findAccounts, findSimilarAccounts, findSubjectIds, findTokenIds } from './history/subjects.ts';
import { countAcknowledged, createAcknowledgements } from './store/acknowledgements.ts';
import { takeAuditLock } from './store/audit-lock.ts';
import { createConditions } from './store/conditions.ts';
import { copyDatabase, type Database, explained, openDatabase, openDatabaseReadonly } from './store/database.ts';
import { createDueTokens } from './store/due-tokens.ts';
import { createFindings } from './store/findings.ts';
import { migrate, requireCurrentSchema } from './store/migrate.ts';
import { claimOrganisation, organisationBaseUrl, requireOrganisation } from './store/organisation.ts';
import { createOutbox } from './store/outbox.ts';
import { createOwners } from './store/owners.ts';
import { createRecordFields, readRecordFields } from './store/record-fields.ts';
import { createRetention, readOldestSnapshot } from './store/retention.ts';
import { createRuns, type ListedRun } from './store/runs.ts';
import { createSnapshots } from './store/snapshots.ts';
import { createStaging } from './store/staging.ts';
import { createWantedOwners } from './store/wanted-owners.ts';

export type ReadStore = ReturnType<typeof openReadStore>;
export type MailStore = ReturnType<typeof openMailStore>;
export type TriageStore = ReturnType<typeof openTriageStore>;
export type AuditStore = ReturnType<typeof openAuditStore>;

/**
 * For commands that only look: nothing is made, migrated or written.
 *
 * @throws DatabaseError when the database is missing, foreign, or of another schema.
 */
export function openReadStore(path: string) {
  const db = openDatabaseReadonly(path);
  return closingOnError(db, () => {
    requireCurrentSchema(db);
    return {
      runs: createRuns(db),
      outbox: createOutbox(db),
      organisationBaseUrl: () => organisationBaseUrl(db),
      oldestSnapshot: () => readOldestSnapshot(db),
      runReport: (runId: number): RunReport | null => readRunReport(db, runId),
      healthFacts: () => readHealthFacts(db),
      tokens: (filter: TokenFilter) => listTokens(db, filter),
      types: () => readTypes(db),
      findings: (filter: FindingFilter) => listFindings(db, filter),
      tokenIds: (start: string) => findTokenIds(db, start),
      accounts: (nameOrId: string) => findAccounts(db, nameOrId),
      similarAccounts: (text: string) => findSimilarAccounts(db, text),
      tokenHistory: (tokenId: string) => readHistory(db, [tokenId]),
      accountHistory: (membershipId: string) => readAccountHistory(db, membershipId),
      diff: (pair: RunPair) => readDiff(db, pair),
      recordFields: () => readRecordFields(db),
      acknowledgedCount: (instant: Date, options?: { isPast: boolean }) => countAcknowledged(db, instant, options),
      /** A consistent copy, made while others read and write. */
      backupTo: (file: string): void => copyDatabase(db, file),
      [Symbol.dispose]: () => db.close(),
    };
  });
}

/**
 * For delivering and managing mail beside a running audit: written to, never migrated.
 *
 * @throws DatabaseError as `openReadStore`.
 */
export function openMailStore(path: string) {
  return openBeside(path, (db) => ({ outbox: createOutbox(db), runs: createRuns(db) }));
}

/**
 * For what a person decides beside a running audit: written to, never migrated.
 *
 * @throws DatabaseError as `openReadStore`.
 */
export function openTriageStore(path: string) {
  return openBeside(path, (db) => ({
    acknowledgements: createAcknowledgements(db),
    subjectIds: (start: string) => findSubjectIds(db, start),
    inTransaction: <T>(work: () => T): T => transact(db, path, work),
  }));
}

function openBeside<Parts extends object>(
  path: string,
  create: (db: Database) => Parts,
): Parts & { path: string } & Disposable {
  openDatabaseReadonly(path).close();
  const db = openDatabase(path);
  return closingOnError(db, () => {
    requireCurrentSchema(db);
    return { path, ...create(db), [Symbol.dispose]: () => db.close() };
  });
}

/**
 * For an audit, by whoever holds the audit lock: made and, unless `mayUpgrade` is false, migrated where needed.
 *
 * @throws DatabaseError when the database is foreign, newer, or cannot be written.
 */
export function openAuditStore(
  path: string,
  now: Date,
  options: { mayUpgrade?: boolean; busyTimeoutMs?: number } = {},
) {
  const { mayUpgrade = true } = options;
  const db = openDatabase(path, options);
  return closingOnError(db, () => {
    if (mayUpgrade || path === ':memory:') migrate(db, now);
    else requireCurrentSchema(db);
    return {
      path,
      runs: createRuns(db),
      staging: createStaging(db),
      snapshots: createSnapshots(db),
      wantedOwners: createWantedOwners(db),
      owners: createOwners(db),
      dueTokens: createDueTokens(db),
      conditions: createConditions(db),
      acknowledgements: createAcknowledgements(db),
      recordFields: createRecordFields(db),
      findings: createFindings(db),
      outbox: createOutbox(db),
      retention: createRetention(db),
      runNews: (runId: number): RunNews | null => readRunNews(db, runId),
      runTotals: (run: RunNews['run']): RunTotals => readRunTotals(db, run),
      inventory: (runId: number) => readInventory(db, runId),
      trend: (runId: number, now: Date) => readTrend(db, runId, now),
      allStanding: (now: Date) => readAllStanding(db, now),
      ownedTokens: (runId: number) => readOwnedTokens(db, runId),
      standing: (now: Date) => readStanding(db, now),
      summaryPeriod: (runId: number) => readSummaryPeriod(db, runId),
      outage: (beforeRunId: number | null) => readOutage(db, beforeRunId),
      claimOrganisation: (baseUrl: string) => claimOrganisation(db, baseUrl, now),
      /** Refuses another organisation, like `claimOrganisation`, but claims nothing. */
      requireOrganisation: (baseUrl: string) => requireOrganisation(db, baseUrl),
      /**
       * Runs synchronous work as one transaction; what it throws rolls everything back. It begins
       * as a writer, since one that had only read could not go on after another connection's commit.
       */
      inTransaction: <T>(work: () => T): T => transact(db, path, work),
      [Symbol.dispose]: () => db.close(),
    };
  });
}

/**
 * Takes the lock under which one process audits at a time; freed when disposed of, or when the process dies.
 *
 * @throws AuditLockedError that says who holds it since when; DatabaseError when the folder cannot be written.
 */
export function lockForAudit(path: string): Disposable {
  try {
    return takeAuditLock(path);
  } catch (error) {
    if (!(error instanceof AuditLockedError)) throw error;
    const run = runningRun(path);
    const who = run === null ? '' : `: run ${run.id}, by ${run.lockedBy}, since ${run.startedAt}`;
    throw new AuditLockedError(`another audit is running${who}`, { hint: 'Wait for its end; this one did nothing' });
  }
}

/** null where the database cannot say it: the process that holds the lock may be making it right now. */
function runningRun(path: string): ListedRun | null {
  try {
    using store = openReadStore(path);
    return store.runs.running();
  } catch {
    return null;
  }
}

function transact<T>(db: Database, path: string, work: () => T): T {
  return explained(path, () => db.transaction(work).immediate());
}

function closingOnError<T>(db: Database, create: () => T): T {
  try {
    return explained(db.name, create);
  } catch (error) {
    db.close();
    throw error;
  }
}
