import { existsSync } from 'node:fs';
import type { Clock } from './clock.ts';
import { AuditLockedError } from './errors.ts';
import { createHistory } from './history/create-history.ts';
import type { History } from './history/history.ts';
import { type Acknowledgements, createAcknowledgements } from './store/acknowledgements.ts';
import { takeAuditLock } from './store/audit-lock.ts';
import { type Conditions, createConditions } from './store/conditions.ts';
import {
  closingOnError,
  copyDatabase,
  createDatabase,
  type Database,
  openDatabase,
  openDatabaseReadonly,
  openInMemory,
} from './store/database.ts';
import { createFindings, type Findings } from './store/findings.ts';
import { locateDatabase } from './store/locate-database.ts';
import { createMailLog, type MailLog } from './store/mail-log.ts';
import { createMcpClients, type McpClients } from './store/mcp-clients.ts';
import { createSchema, requireCurrentSchema, upgrade } from './store/migrate.ts';
import { createOrganisation, type Organisation } from './store/organisation.ts';
import { createOutbox, type Outbox } from './store/outbox.ts';
import { createOwnerReader, createOwners, type Owners } from './store/owners.ts';
import { createRecordFields, type RecordFields } from './store/record-fields.ts';
import { createRegister, type Register } from './store/register.ts';
import { createRetention, type Retention } from './store/retention.ts';
import { createRoles, type Roles } from './store/roles.ts';
import { createRuns, type Run, type Runs } from './store/runs.ts';
import { createSnapshots, type Snapshots } from './store/snapshots.ts';
import { createStaging, type Staging } from './store/staging.ts';
import { createTransactions, type Transactions } from './store/transaction.ts';
import { createWantedOwners, type WantedOwners } from './store/wanted-owners.ts';
import { WorkingTables } from './store/working-tables.ts';

/** The store of commands that only read. Its connection refuses to write. */
export interface ReadStore extends Disposable {
  readonly runs: Runs;
  readonly mails: MailLog;
  readonly organisation: Organisation;
  readonly recordFields: RecordFields;
  readonly history: History;
  /** Writes a consistent copy, even while other processes read and write. */
  backupTo(file: string): void;
}

/** The store for mail deliveries and for the decisions of operators, which may be written while an audit is running. */
export interface SharedStore extends Disposable {
  readonly path: string;
  readonly transactions: Transactions;
  readonly organisation: Organisation;
  readonly runs: Runs;
  readonly outbox: Outbox;
  readonly acknowledgements: Acknowledgements;
  readonly history: History;
}

/** The store of an audit. The process must hold the audit lock. */
export interface AuditStore extends Disposable {
  readonly path: string;
  readonly transactions: Transactions;
  readonly organisation: Organisation;
  readonly runs: Runs;
  readonly staging: Staging;
  readonly snapshots: Snapshots;
  readonly wantedOwners: WantedOwners;
  readonly owners: Owners;
  readonly roles: Roles;
  readonly mcpClients: McpClients;
  readonly register: Register;
  readonly conditions: Conditions;
  readonly acknowledgements: Acknowledgements;
  readonly recordFields: RecordFields;
  readonly findings: Findings;
  readonly outbox: Outbox;
  readonly retention: Retention;
  readonly history: History;
}

/**
 * Opens the database read-only. It is neither created nor migrated.
 *
 * @throws DatabaseError when the database is missing, not ours, or has another schema version.
 */
export function openReadStore(path: string): ReadStore {
  const db = openDatabaseReadonly(path);
  return closingOnError(db, path, () => {
    requireCurrentSchema(db, path);
    return {
      runs: createRuns(db),
      mails: createMailLog(db),
      organisation: createOrganisation(db),
      recordFields: createRecordFields(db),
      history: createHistory(db),
      backupTo: (file) => copyDatabase(db, file),
      [Symbol.dispose]: () => db.close(),
    };
  });
}

/**
 * Opens the database for writing. It is neither created nor migrated.
 *
 * @throws DatabaseError for the same reasons as `openReadStore`.
 */
export function openSharedStore(path: string): SharedStore {
  const db = openDatabase(path);
  return closingOnError(db, path, () => {
    requireCurrentSchema(db);
    return {
      path: db.name,
      transactions: createTransactions(db),
      organisation: createOrganisation(db),
      runs: createRuns(db),
      outbox: createOutbox(db),
      acknowledgements: createAcknowledgements(db),
      history: createHistory(db),
      [Symbol.dispose]: () => db.close(),
    };
  });
}

/**
 * Opens the database for an audit. Creates it if needed and, unless `mayUpgrade` is false, upgrades its schema.
 *
 * @param path `:memory:` for a database that is lost when it is closed
 * @throws DatabaseError when the database is empty, not ours, has a newer or incomplete schema, or cannot be written.
 */
export function openAuditStore(
  path: string,
  now: Date,
  { mayUpgrade = true, ...options }: { mayUpgrade?: boolean; busyTimeoutMs?: number } = {},
): AuditStore {
  const db = path === ':memory:' ? openInMemory() : openOrCreate(path, now, options);
  return closingOnError(db, path, () => {
    if (path === ':memory:') createSchema(db, now);
    else if (mayUpgrade) upgrade(db, now);
    else requireCurrentSchema(db);
    const tables = new WorkingTables(db);
    return {
      path: db.name,
      transactions: createTransactions(db),
      organisation: createOrganisation(db),
      runs: createRuns(db),
      staging: createStaging(tables),
      snapshots: createSnapshots(tables),
      wantedOwners: createWantedOwners(tables),
      owners: createOwners(tables),
      roles: createRoles(tables),
      mcpClients: createMcpClients(tables),
      register: createRegister(db, createOwnerReader(db)),
      conditions: createConditions(db),
      acknowledgements: createAcknowledgements(db),
      recordFields: createRecordFields(db),
      findings: createFindings(db),
      outbox: createOutbox(db),
      retention: createRetention(db),
      history: createHistory(db),
      [Symbol.dispose]: () => db.close(),
    };
  });
}

function openOrCreate(path: string, now: Date, options: { busyTimeoutMs?: number }): Database {
  const real = locateDatabase(path);
  if (!existsSync(real)) createDatabase(real, (db) => createSchema(db, now));
  return openDatabase(real, options);
}

/**
 * Takes the lock that lets only one process audit at a time. It is released on disposal and when the process dies.
 *
 * @throws AuditLockedError, which names the process that holds the lock; DatabaseError when an audit could not use the files
 */
export function lockForAudit(path: string, clock: Clock): Disposable {
  try {
    return takeAuditLock(path, clock);
  } catch (error) {
    if (!(error instanceof AuditLockedError)) throw error;
    const run = runningRun(path);
    const who = run === null ? '' : `: run ${run.id}, started at ${run.startedAt} by ${run.lockedBy}`;
    throw new AuditLockedError(`another audit is running${who}`, {
      hint: 'Wait until it has finished, then try again',
    });
  }
}

/** Returns the run of the other process; null if it is unknown, for example while that process creates the database. */
function runningRun(path: string): Run | null {
  try {
    using store = openReadStore(path);
    const last = store.runs.last();
    return last?.status === 'running' ? last : null;
  } catch {
    return null;
  }
}
