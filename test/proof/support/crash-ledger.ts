import { existsSync, readFileSync, rmSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { simpleParser } from 'mailparser';
import type { SmtpMail } from '../../support/smtp-faults.ts';
import type { World } from '../../support/world.ts';
import { parseCsv } from '../../text/parse-csv.ts';

/** All of them get every mail. */
export const readers = ['security@acme.example', 'operations@acme.example'];

/** What one round must have come to, whatever died in it. */
export interface Round {
  /** As `kind turn token-id`. */
  news: readonly string[];
  mails: readonly SmtpMail[];
  deaths: number;
}

export interface Verdict {
  losses: string[];
  inventions: string[];
  /** Whatever else is wrong: a damaged database, mail that waits, a changed repetition. */
  faults: string[];
  mailCount: number;
  repeatedCount: number;
}

/** Holds the mails and the database against what happened in the organisation. */
export async function audit({ news, mails, deaths }: Round, world: World): Promise<Verdict> {
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
    told.push(...(await newsOf(first)));
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

async function newsOf({ raw }: SmtpMail): Promise<string[]> {
  const { attachments } = await simpleParser(raw);
  const file = attachments.find(({ filename }) => filename === 'findings.csv');
  if (file === undefined) return [];
  const [headings = [], ...rows] = parseCsv(file.content.toString().replace(/^\ufeff/, ''));
  const cell = (row: string[], heading: string): string => row[headings.indexOf(heading)] ?? '';
  // What opens for the second time is called reopened.
  const turn = (row: string[]): string => cell(row, 'turn').replace('reopened', 'opened');
  return rows.map((row) => `${cell(row, 'kind')} ${turn(row)} ${cell(row, 'token id')}`);
}

function faultsOfDatabase({ databasePath, tokens }: World): string[] {
  const db = new BetterSqlite3(databasePath, { readonly: true });
  try {
    const texts = (sql: string): unknown[] => db.prepare(sql).pluck().all();
    const current = texts(
      'SELECT token_id || name || enabled FROM token_versions WHERE last_run_id IS NULL ORDER BY token_id',
    );
    const listed = tokens.map(({ id, name, enabled }) => `${id}${name}${enabled ? 1 : 0}`).sort();
    const faults = [
      ...texts('PRAGMA integrity_check').filter((answer) => answer !== 'ok'),
      ...texts('PRAGMA foreign_key_check'),
      ...texts("SELECT 'mail waits: ' || last_error FROM deliveries WHERE status <> 'sent'"),
      ...texts("SELECT 'a run never ended: ' || id FROM runs WHERE status = 'running'"),
      ...texts("SELECT 'a run failed: ' || error FROM runs WHERE status = 'failed'"),
    ];
    if (JSON.stringify(current) !== JSON.stringify(listed)) faults.push('the snapshot is not what Omni lists');
    return faults.map(String);
  } finally {
    db.close();
  }
}

/** The SQL that a process executed and how often; nothing where it was killed, since it wrote no file then. */
export function takeExecutions(file: string): [string, number][] {
  if (!existsSync(file)) return [];
  const executions = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(file);
  return executions;
}
