import type { RunReport } from '../domain/run-report.ts';
import { createConditions } from './conditions.ts';
import { type Database, openDatabase, openDatabaseReadonly } from './database.ts';
import { createFindings } from './findings.ts';
import { type FindingFilter, listFindings, listTokens, type TokenFilter } from './listings.ts';
import { migrate, requireCurrentSchema } from './migrate.ts';
import { claimOrganisation, organisationBaseUrl } from './organisation.ts';
import { createOutbox } from './outbox.ts';
import { readRunReport } from './run-report.ts';
import { createRuns } from './runs.ts';
import { createSnapshots } from './snapshots.ts';
import { createStaging } from './staging.ts';

export type LookStore = ReturnType<typeof openLookStore>;
export type MailStore = ReturnType<typeof openMailStore>;
export type AuditStore = ReturnType<typeof openAuditStore>;

/**
 * For commands that only look: nothing is made, migrated or written.
 *
 * @throws DatabaseError when the database is missing, foreign, or of another schema.
 */
export function openLookStore(path: string) {
  const db = openDatabaseReadonly(path);
  return closingOnError(db, () => {
    requireCurrentSchema(db);
    return {
      runs: createRuns(db),
      outbox: createOutbox(db),
      organisationBaseUrl: () => organisationBaseUrl(db),
      runReport: (runId: number): RunReport | null => readRunReport(db, runId),
      tokens: (filter: TokenFilter) => listTokens(db, filter),
      findings: (filter: FindingFilter) => listFindings(db, filter),
      [Symbol.dispose]: () => db.close(),
    };
  });
}

/**
 * For delivering and managing mail beside a running audit: written to, never migrated.
 *
 * @throws DatabaseError as `openLookStore`.
 */
export function openMailStore(path: string) {
  openDatabaseReadonly(path).close();
  const db = openDatabase(path);
  return closingOnError(db, () => {
    requireCurrentSchema(db);
    return { outbox: createOutbox(db), [Symbol.dispose]: () => db.close() };
  });
}

/**
 * For an audit, by whoever holds the audit lock: made and migrated where needed.
 *
 * @throws DatabaseError when the database is foreign, newer, or cannot be written.
 */
export function openAuditStore(path: string, now: Date) {
  const db = openDatabase(path);
  return closingOnError(db, () => {
    migrate(db, now);
    return {
      runs: createRuns(db),
      staging: createStaging(db),
      snapshots: createSnapshots(db),
      conditions: createConditions(db),
      findings: createFindings(db),
      outbox: createOutbox(db),
      runReport: (runId: number): RunReport | null => readRunReport(db, runId),
      claimOrganisation: (baseUrl: string) => claimOrganisation(db, baseUrl, now),
      /**
       * Runs synchronous work as one transaction; what it throws rolls everything back. It begins
       * as a writer, since one that had only read could not go on after another connection's commit.
       */
      inTransaction: <T>(work: () => T): T => db.transaction(work).immediate(),
      [Symbol.dispose]: () => db.close(),
    };
  });
}

function closingOnError<T>(db: Database, create: () => T): T {
  try {
    return create();
  } catch (error) {
    db.close();
    throw error;
  }
}
