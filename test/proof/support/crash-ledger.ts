import { existsSync, readFileSync, rmSync } from 'node:fs';
import { readColumn } from '../../support/database-rows.ts';
import type { SmtpMail } from '../../support/smtp-faults.ts';
import { parseMail, type World } from '../../support/world.ts';
import { currentIn, listed, newsOf } from './store-ledger.ts';

/** All of them get every mail. */
export const readers = ['security@acme.example', 'operations@acme.example'];

/** What one round must have come to, whatever died in it. */
export interface Round {
  /** As `kind turn token-id`. */
  news: readonly string[];
  mails: readonly SmtpMail[];
  deaths: number;
}

export interface RoundVerdict {
  losses: string[];
  inventions: string[];
  /** Whatever else is wrong: a damaged database, mail that waits, a changed repetition. */
  faults: string[];
  mailCount: number;
  repeatedCount: number;
}

/** Holds the mails and the database against what happened in the organisation. */
export async function judgeRound({ news, mails, deaths }: Round, world: World): Promise<RoundVerdict> {
  const faults: string[] = [];
  const byId = Map.groupBy(mails, ({ messageId }) => messageId);
  const told: string[] = [];
  const lost: string[] = [];
  let repeatedCount = 0;
  for (const [messageId, copies] of byId) {
    const [first] = copies;
    if (first === undefined) continue;
    if (new Set(copies.map(({ raw }) => raw)).size > 1) faults.push(`${messageId} was repeated with other bytes`);
    for (const [to, same] of Map.groupBy(copies, (copy) => copy.to.join())) {
      repeatedCount += same.length - 1;
      if (same.length - 1 > deaths) faults.push(`${messageId} went to ${to} ${same.length} times`);
    }
    const missed = readers.filter((reader) => !copies.some(({ to }) => to.includes(reader)));
    lost.push(...missed.map((reader) => `${messageId} never came to ${reader}`));
    // What opens for the second time is called reopened.
    told.push(...newsOf(await parseMail(first)).map((each) => each.replace(' reopened ', ' opened ')));
  }
  const left = [...told];
  const losses = [...lost];
  for (const each of news) {
    const at = left.indexOf(each);
    if (at === -1) losses.push(each);
    else left.splice(at, 1);
  }
  faults.push(...faultsOfDatabase(world));
  return { losses, inventions: left, faults, mailCount: byId.size, repeatedCount };
}

function faultsOfDatabase(world: World): string[] {
  const texts = (sql: string): unknown[] => readColumn(world.databasePath, sql);
  const faults = [
    ...texts('PRAGMA integrity_check').filter((answer) => answer !== 'ok'),
    ...texts('PRAGMA foreign_key_check'),
    ...texts("SELECT 'mail waits: ' || last_error FROM deliveries WHERE status <> 'sent'"),
    ...texts("SELECT 'a run never ended: ' || id FROM runs WHERE status = 'running'"),
    ...texts("SELECT 'a run failed: ' || error FROM runs WHERE status = 'failed'"),
  ];
  const isCurrent = JSON.stringify(currentIn(world.databasePath)) === JSON.stringify(listed(world));
  return [...faults, ...(isCurrent ? [] : ['the snapshot is not what Omni lists'])].map(String);
}

/** The SQL that a process executed and how often; nothing where it was killed, since it wrote no file then. */
export function takeExecutions(file: string): [string, number][] {
  if (!existsSync(file)) return [];
  const executions = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(file);
  return executions;
}
