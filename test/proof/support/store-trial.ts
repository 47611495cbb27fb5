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
import { changeEverything, currentIn, listed, newsIn } from './store-ledger.ts';
import { tally } from './tally.ts';

export interface DatabaseFiles {
  database: Buffer;
  log?: Buffer;
}

/**
 * - `right`: the audit told the changes, all of them and nothing else
 * - `told`: it ended with a message and a hint
 * - else what is wrong
 */
export type Verdict = 'right' | 'told' | { wrong: string };

/** A database with some history, and an organisation that has changed since. */
export interface History extends AsyncDisposable {
  unattended: Unattended;
  database: Buffer;
  /** Audits with these files in the place of the database. */
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
  const news = changeEverything(world);
  unattended.clock.advance(msPerHour);
  return {
    unattended,
    database,
    audit: (files) => auditDamaged(unattended, files, news),
    [Symbol.asyncDispose]: () => unattended[Symbol.asyncDispose](),
  };
}

async function auditDamaged({ world, clock }: Unattended, files: DatabaseFiles, news: string[]): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'omni-token-audit-test-'));
  const path = join(folder, 'audit.db');
  writeFileSync(path, files.database);
  if (files.log !== undefined) writeFileSync(`${path}-wal`, files.log);
  const log: string[] = [];
  const app = createApp({
    env: { ...world.env, DATABASE_PATH: path, LOG_LEVEL: 'error' },
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
    const told = await newsIn(world.inbox.mails);
    // Damage that only the pruning meets is told and concerns nobody's findings.
    const logged = log.filter((line) => !line.includes('old history could not be pruned')).join('');
    if (error === null) {
      tally.audits += 1;
      if (JSON.stringify(told) !== JSON.stringify(news)) return { wrong: `it told ${JSON.stringify(told)}` };
      if (logged !== '') return { wrong: `it logged ${logged}` };
      if (JSON.stringify(currentIn(path)) === JSON.stringify(listed(world))) return 'right';
      // An index that disagrees with its table shows when that is asked for.
      const [sound] = readColumn(path, 'PRAGMA integrity_check(1)');
      return { wrong: sound === 'ok' ? 'the snapshot' : 'it said nothing of damage that `check` finds' };
    }
    if (told.some((each) => !news.includes(each))) return { wrong: `it failed and told ${JSON.stringify(told)}` };
    return isClear(error, logged) ? 'told' : { wrong: `it said ${describe(error)}` };
  } catch (error) {
    return { wrong: `the audit cannot be read: ${error}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Says what is wrong with which database and what mends it. */
function isClear(error: unknown, logged: string): boolean {
  if (!(error instanceof AppError) || logged.includes('"stack"')) return false;
  return error.message.includes('audit.db') && /restore a backup|install|another DATABASE_PATH/.test(error.hint);
}

function describe(error: unknown): string {
  if (error instanceof AppError) return `${error.name}: ${error.message}. ${error.hint}`;
  return error instanceof Error ? String(error.stack).split('\n').slice(0, 3).join(' ') : String(error);
}
