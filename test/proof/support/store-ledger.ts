import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ParsedMail } from 'mailparser';
import type { InboxMail } from '../../../src/demo/inbox.ts';
import { readColumn } from '../../support/database-rows.ts';
import { parseCsv } from '../../support/parse-csv.ts';
import { parseMail, type World } from '../../support/world.ts';
import { makeToken, tokenAt } from '../../support/world-tokens.ts';

/** Makes one change of every kind and answers what mail must tell of them, as `kind turn token-id`. */
export function changeEverything(world: World, name = 'made since'): string[] {
  const made = makeToken(1, { name });
  const [removed] = world.tokens.splice(0, 1);
  assert.ok(removed);
  const renamed = tokenAt(world, 0);
  renamed.name += ', renamed';
  const switched = tokenAt(world, 1);
  switched.enabled = !switched.enabled;
  world.tokens.push(made);
  return [
    `token-created event ${made.id}`,
    `token-removed event ${removed.id}`,
    `token-renamed event ${renamed.id}`,
    `${switched.enabled ? 'token-enabled' : 'token-disabled'} event ${switched.id}`,
  ].sort();
}

/** Makes so many tokens with names of that length. */
export function addTokens(world: World, count: number, nameLength: number): string[] {
  const made = Array.from({ length: count }, (_, index) => {
    return makeToken(1, { name: `${world.tokens.length} ${index} `.padEnd(nameLength, 'y') });
  });
  world.tokens.push(...made);
  return made.map(({ id }) => `token-created event ${id}`).sort();
}

/** What the mails tell, each mail once however often it came, as `kind turn token-id`. */
export async function newsIn(mails: readonly InboxMail[]): Promise<string[]> {
  const byId = new Map<string, string[]>();
  for (const mail of mails) {
    const parsed = await parseMail(mail);
    byId.set(parsed.messageId ?? '', newsOf(parsed));
  }
  return [...byId.values()].flat().sort();
}

/** What one mail reports, as `kind transition id` with the id of the token, or else of the owner; nothing where it has no file of findings. */
export function newsOf({ attachments }: Pick<ParsedMail, 'attachments'>): string[] {
  const file = attachments.find(({ filename }) => filename === 'findings.csv');
  const [headings = [], ...rows] = parseCsv(file?.content.toString().replace(/^\ufeff/, '') ?? '');
  const cell = (row: string[], heading: string): string => row[headings.indexOf(heading)] ?? '';
  return rows.map((row) => {
    const id = cell(row, 'token id') || cell(row, 'membership');
    return `${cell(row, 'kind')} ${cell(row, 'transition')} ${id}`;
  });
}

/** A database that SQLite finds whole, with the organisation's tokens as they are. Looked at as a copy, so that its log stays as it is. */
export function assertSound(world: World, path = world.databasePath, isCurrent = true): void {
  const folder = mkdtempSync(join(tmpdir(), 'omni-token-audit-test-'));
  try {
    const copy = join(folder, 'audit.db');
    for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end);
    assert.deepEqual(readColumn(copy, 'PRAGMA integrity_check'), ['ok']);
    assert.deepEqual(readColumn(copy, 'PRAGMA foreign_key_check'), []);
    assert.deepEqual(readColumn(copy, findingsOfOthers), [], 'findings of an audit that is not complete');
    if (isCurrent) assert.deepEqual(currentIn(copy), listed(world));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const findingsOfOthers =
  "SELECT f.id FROM findings AS f JOIN runs AS r ON r.id = f.run_id WHERE r.status <> 'complete'";
/** What the journal says was told, for mails that are too large to carry all of it. */
export function newsInJournal(path: string): unknown[] {
  return readColumn(
    path,
    "SELECT kind || ' ' || transition || ' ' || subject FROM findings WHERE suppressed_by IS NULL ORDER BY 1",
  );
}

const currentTokens =
  "SELECT token_id || ' ' || name || ' ' || enabled FROM token_versions WHERE last_run_id IS NULL ORDER BY token_id";

export function listed({ tokens }: World): string[] {
  return tokens.map(({ id, name, enabled }) => `${id} ${name} ${enabled ? 1 : 0}`).sort();
}

export function currentIn(path: string): unknown[] {
  return readColumn(path, currentTokens);
}
