import { AuditLockedError } from './errors.ts';
import { type HealthFacts, readHealthFacts } from './history/health.ts';
import { type FindingFilter, type ListedFinding, listFindings } from './history/listed-findings.ts';
import { type ListedToken, listTokens, readTypes, type TokenFilter } from './history/listed-tokens.ts';
import { readAllStanding, readStanding } from './history/open-findings.ts';
import type { Outage } from './history/outage.ts';
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
import type { Inventory, OwnedToken, RunNews, RunReport, RunTotals } from './history/run-report.ts';
import { type Account, findAccounts, findSimilarAccounts, findSubjectIds, findTokenIds } from './history/subjects.ts';
import type { SummaryPeriod } from './history/summary-period.ts';
import type { HistoryItem } from './history/timeline.ts';
import type { Trend } from './history/trend.ts';
import type { Finding } from './rules/finding.ts';
import type { FindingGroup } from './rules/finding-groups.ts';
import { type AcknowledgementReader, createAcknowledgementReader } from './store/acknowledgement-reader.ts';
import { type Acknowledgements, createAcknowledgements } from './store/acknowledgements.ts';
import { takeAuditLock } from './store/audit-lock.ts';
import { type Conditions, createConditions } from './store/conditions.ts';
import { copyDatabase, type Database, explained, openDatabase, openDatabaseReadonly } from './store/database.ts';
import { createFindings, type Findings } from './store/findings.ts';
import { createMailLog, type MailLog } from './store/mail-log.ts';
import { migrate, requireCurrentSchema } from './store/migrate.ts';
import { createOrganisation, type Organisation } from './store/organisation.ts';
import { createOutbox, type Outbox } from './store/outbox.ts';
import { createOwners, type Owners } from './store/owners.ts';
import { createRecordFields, type RecordFields } from './store/record-fields.ts';
import { createRetention, type Retention } from './store/retention.ts';
import { createRuns, type Run, type Runs } from './store/runs.ts';
import { createSnapshots, type Snapshots } from './store/snapshots.ts';
import { createStaging, type Staging } from './store/staging.ts';
import { createTransactions, type Transactions } from './store/transaction.ts';
import { createWantedOwners, type WantedOwners } from './store/wanted-owners.ts';
import { WorkingTables } from './store/working-tables.ts';

/** For commands that only read: they never open a transaction, and the connection refuses to write. */
export interface ReadStore extends Disposable {
  readonly runs: Runs;
  readonly mails: MailLog;
  readonly organisation: Organisation;
  readonly acknowledgements: AcknowledgementReader;
  readonly recordFields: RecordFields;
  healthFacts(): HealthFacts;
  runReport(runId: number): RunReport | null;
  tokens(filter: TokenFilter): Generator<ListedToken>;
  types(): string[];
  findings(filter: FindingFilter): Generator<ListedFinding>;
  tokenIds(start: string): string[];
  accounts(nameOrId: string): Account[];
  similarAccounts(text: string): Account[];
  tokenHistory(tokenId: string): HistoryItem[];
  accountHistory(membershipId: string): HistoryItem[];
  diff(pair: RunPair): Generator<Finding>;
  /** Writes a consistent copy, while others read and write. */
  backupTo(file: string): void;
}

/** For delivering and managing mail beside a running audit. */
export interface MailStore extends Disposable {
  readonly path: string;
  readonly transactions: Transactions;
  readonly runs: Runs;
  readonly outbox: Outbox;
}

/** For what a person decides beside a running audit. */
export interface TriageStore extends Disposable {
  readonly path: string;
  readonly transactions: Transactions;
  readonly acknowledgements: Acknowledgements;
  subjectIds(start: string): string[];
}

/** For an audit, whose process holds the audit lock. */
export interface AuditStore extends Disposable {
  readonly path: string;
  readonly transactions: Transactions;
  readonly organisation: Organisation;
  readonly runs: Runs;
  readonly staging: Staging;
  readonly snapshots: Snapshots;
  readonly wantedOwners: WantedOwners;
  readonly owners: Owners;
  readonly conditions: Conditions;
  readonly acknowledgements: Acknowledgements;
  readonly recordFields: RecordFields;
  readonly findings: Findings;
  readonly outbox: Outbox;
  readonly retention: Retention;
  runNews(runId: number): RunNews | null;
  runTotals(run: RunNews['run']): RunTotals;
  inventory(runId: number): Inventory;
  trend(runId: number, now: Date): Trend;
  allStanding(now: Date): Generator<Finding>;
  ownedTokens(runId: number): Generator<OwnedToken>;
  standing(now: Date): FindingGroup[];
  summaryPeriod(runId: number): SummaryPeriod;
  outage(beforeRunId: number | null): Outage | null;
}

/**
 * Nothing is made, migrated or written.
 *
 * @throws DatabaseError when the database is missing, foreign, or of another schema.
 */
export function openReadStore(path: string): ReadStore {
  const db = openDatabaseReadonly(path);
  return closingOnError(db, () => {
    requireCurrentSchema(db);
    return {
      runs: createRuns(db),
      mails: createMailLog(db),
      organisation: createOrganisation(db),
      acknowledgements: createAcknowledgementReader(db),
      recordFields: createRecordFields(db),
      healthFacts: () => readHealthFacts(db),
      runReport: (runId) => readRunReport(db, runId),
      tokens: (filter) => listTokens(db, filter),
      types: () => readTypes(db),
      findings: (filter) => listFindings(db, filter),
      tokenIds: (start) => findTokenIds(db, start),
      accounts: (nameOrId) => findAccounts(db, nameOrId),
      similarAccounts: (text) => findSimilarAccounts(db, text),
      tokenHistory: (tokenId) => readHistory(db, [tokenId]),
      accountHistory: (membershipId) => readAccountHistory(db, membershipId),
      diff: (pair) => readDiff(db, pair),
      backupTo: (file) => copyDatabase(db, file),
      [Symbol.dispose]: () => db.close(),
    };
  });
}

/**
 * Written to, never migrated.
 *
 * @throws DatabaseError as `openReadStore`.
 */
export function openMailStore(path: string): MailStore {
  return openBeside(path, (db) => ({ outbox: createOutbox(db), runs: createRuns(db) }));
}

/**
 * Written to, never migrated.
 *
 * @throws DatabaseError as `openReadStore`.
 */
export function openTriageStore(path: string): TriageStore {
  return openBeside(path, (db) => ({
    acknowledgements: createAcknowledgements(db),
    subjectIds: (start) => findSubjectIds(db, start),
  }));
}

/** Opens a database that exists, for writing beside a running audit. */
function openBeside<Parts extends object>(
  path: string,
  create: (db: Database) => Parts,
): Parts & { path: string; transactions: Transactions } & Disposable {
  openDatabaseReadonly(path).close();
  const db = openDatabase(path);
  return closingOnError(db, () => {
    requireCurrentSchema(db);
    const transactions = createTransactions(db);
    return { path, transactions, ...create(db), [Symbol.dispose]: () => db.close() };
  });
}

/**
 * Made and, unless `mayUpgrade` is false, migrated where needed.
 *
 * @throws DatabaseError when the database is foreign, newer, or cannot be written.
 */
export function openAuditStore(
  path: string,
  now: Date,
  options: { mayUpgrade?: boolean; busyTimeoutMs?: number } = {},
): AuditStore {
  const { mayUpgrade = true } = options;
  const db = openDatabase(path, options);
  return closingOnError(db, () => {
    if (mayUpgrade || path === ':memory:') migrate(db, now);
    else requireCurrentSchema(db);
    const tables = new WorkingTables(db);
    return {
      path,
      transactions: createTransactions(db),
      organisation: createOrganisation(db),
      runs: createRuns(db),
      staging: createStaging(tables),
      snapshots: createSnapshots(tables),
      wantedOwners: createWantedOwners(tables),
      owners: createOwners(tables),
      conditions: createConditions(db),
      acknowledgements: createAcknowledgements(db),
      recordFields: createRecordFields(db),
      findings: createFindings(db),
      outbox: createOutbox(db),
      retention: createRetention(db),
      runNews: (runId) => readRunNews(db, runId),
      runTotals: (run) => readRunTotals(db, run),
      inventory: (runId) => readInventory(db, runId),
      trend: (runId, trendNow) => readTrend(db, runId, trendNow),
      allStanding: (standingNow) => readAllStanding(db, standingNow),
      ownedTokens: (runId) => readOwnedTokens(db, runId),
      standing: (standingNow) => readStanding(db, standingNow),
      summaryPeriod: (runId) => readSummaryPeriod(db, runId),
      outage: (beforeRunId) => readOutage(db, beforeRunId),
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
function runningRun(path: string): Run | null {
  try {
    using store = openReadStore(path);
    return store.runs.running();
  } catch {
    return null;
  }
}

function closingOnError<T>(db: Database, create: () => T): T {
  try {
    return explained(db.name, create);
  } catch (error) {
    db.close();
    throw error;
  }
}
