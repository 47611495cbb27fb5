import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../../src/errors.ts';
import { createApp } from '../../../src/wiring.ts';
import { readColumn } from '../../support/database-rows.ts';
import { noAbort } from '../../support/no-abort.ts';
import { msPerHour } from '../../support/spans.ts';
import { createUnattended, type Unattended } from '../../support/unattended.ts';
import { makeToken, manyTokens } from '../../support/world-tokens.ts';
import { changeEverything, currentIn, listed, reportedIn } from './reports.ts';
import { tally } from './tally.ts';

export interface DatabaseFiles {
  database: Buffer;
  log?: Buffer;
}

/**
 * - `right`: the audit reported the changes, all of them and nothing else
 * - `refused`: it failed with a message and a hint
 * - `wrong`: neither, with what is wrong
 */
export type Verdict = 'right' | 'refused' | { wrong: string };

/** A database with some history, and an organisation that has changed since. */
export interface History extends AsyncDisposable {
  unattended: Unattended;
  database: Buffer;
  /** Audits with these files instead of the database. */
  audit(files: DatabaseFiles): Promise<Verdict>;
}

export async function createHistory(): Promise<History> {
  const old = ['organization', 'personal', 'mcp'].map((type) => makeToken(4000, { name: `old ${type}`, type }));
  const unattended = await createUnattended({ tokens: [...manyTokens(40), ...old] });
  const { world } = unattended;
  await unattended.audit();
  changeEverything(world);
  await unattended.auditAfter(60);
  const database = readFileSync(world.databasePath);
  const changes = changeEverything(world);
  unattended.clock.advance(msPerHour);
  return {
    unattended,
    database,
    audit: (files) => auditDamaged(unattended, files, changes),
    [Symbol.asyncDispose]: () => unattended[Symbol.asyncDispose](),
  };
}

async function auditDamaged({ world, clock }: Unattended, files: DatabaseFiles, changes: string[]): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'omni-token-audit-test-'));
  const path = join(folder, 'audit.db');
  writeFileSync(path, files.database);
  if (files.log !== undefined) writeFileSync(`${path}-wal`, files.log);
  const log: string[] = [];
  const app = createApp({
    environment: () => ({ ...world.env, DATABASE_PATH: path, LOG_LEVEL: 'error' }),
    clock,
    logDestination: { write: (line) => void log.push(line) },
  });
  world.inbox.mails.length = 0;
  tally.faults += 1;
  try {
    const options = { trigger: 'schedule', dryRun: false, acceptRemovals: false, patienceMs: 0 } as const;
    const error = await app.audit(options, noAbort).then(
      ({ audit }) => (audit.status === 'failed' ? audit.error : null),
      (thrown: unknown) => thrown,
    );
    const reported = await reportedIn(world.inbox.mails);
    // Damage that only pruning finds is logged and affects no finding.
    const logged = log.filter((line) => !line.includes('old history could not be pruned')).join('');
    if (error !== null) {
      if (reported.some((each) => !changes.includes(each))) {
        return { wrong: `it failed and reported ${JSON.stringify(reported)}` };
      }
      return isClear(error, logged) ? 'refused' : { wrong: `it said ${describe(error)}` };
    }
    tally.audits += 1;
    if (JSON.stringify(reported) !== JSON.stringify(changes)) {
      return { wrong: `it reported ${JSON.stringify(reported)}` };
    }
    if (logged !== '') return { wrong: `it logged ${logged}` };
    if (JSON.stringify(currentIn(path)) === JSON.stringify(listed(world))) return 'right';
    // SQLite's own check finds an index that disagrees with its table.
    const [sound] = readColumn(path, 'PRAGMA integrity_check(1)');
    return { wrong: sound === 'ok' ? 'the snapshot' : 'it said nothing about damage that `check` finds' };
  } catch (error) {
    return { wrong: `the audit cannot be read: ${error}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns whether the error names the database and says what to do. */
function isClear(error: unknown, logged: string): boolean {
  if (!(error instanceof AppError) || logged.includes('"stack"')) return false;
  return error.message.includes('audit.db') && /restore a backup|install|different DATABASE_PATH/i.test(error.hint);
}

function describe(error: unknown): string {
  if (error instanceof AppError) return `${error.name}: ${error.message}. ${error.hint}`;
  return error instanceof Error ? String(error.stack).split('\n').slice(0, 3).join(' ') : String(error);
}
