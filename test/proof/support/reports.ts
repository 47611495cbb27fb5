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

/** Makes one change of every kind. Returns what mail must report, as `kind transition token-id`. */
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
    // The new name of a grant is that of a client that no audit has seen.
    ...(renamed.type === 'mcp' ? [`mcp-client-new event ${renamed.id}`] : []),
    `${switched.enabled ? 'token-enabled' : 'token-disabled'} event ${switched.id}`,
  ].sort();
}

/** Makes tokens with names of this length. Returns what mail must report. */
export function addTokens(world: World, count: number, nameLength: number): string[] {
  const made = Array.from({ length: count }, (_, index) => {
    return makeToken(1, { name: `${world.tokens.length} ${index} `.padEnd(nameLength, 'y') });
  });
  world.tokens.push(...made);
  return made.map(({ id }) => `token-created event ${id}`).sort();
}

/** Returns what the mails report, as `kind transition token-id`. A mail that arrived twice counts once. */
export async function reportedIn(mails: readonly InboxMail[]): Promise<string[]> {
  const byId = new Map<string, string[]>();
  for (const mail of mails) {
    const parsed = await parseMail(mail);
    byId.set(parsed.messageId ?? '', findingsOf(parsed));
  }
  return [...byId.values()].flat().sort();
}

/** Returns the findings attached to a mail, as `kind transition id`. The id is that of the token, or else of the owner. */
export function findingsOf({ attachments }: Pick<ParsedMail, 'attachments'>): string[] {
  const file = attachments.find(({ filename }) => filename === 'findings.csv');
  const [headings = [], ...rows] = parseCsv(file?.content.toString().replace(/^\ufeff/, '') ?? '');
  const cell = (row: string[], heading: string): string => row[headings.indexOf(heading)] ?? '';
  return rows.map((row) => {
    const id = cell(row, 'token id') || cell(row, 'membership');
    return `${cell(row, 'kind')} ${cell(row, 'transition')} ${id}`;
  });
}

/** Asserts that SQLite finds no damage and that the tokens are current. Reads a copy, so that the log stays unchanged. */
export function assertSound(world: World, isCurrent = true): void {
  const path = world.env.DATABASE_PATH ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'omni-token-audit-test-'));
  try {
    const copy = join(folder, 'audit.db');
    for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, copy + end);
    assert.deepEqual(damageIn(copy), []);
    if (isCurrent) assert.deepEqual(currentIn(copy), listed(world));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns the damage that SQLite finds, and findings of runs that did not complete. */
export function damageIn(path: string): unknown[] {
  return [
    ...readColumn(path, 'PRAGMA integrity_check').filter((result) => result !== 'ok'),
    ...readColumn(path, 'PRAGMA foreign_key_check'),
    ...readColumn(
      path,
      `SELECT 'a finding of run ' || r.id FROM findings AS f JOIN runs AS r ON r.id = f.run_id
        WHERE r.status <> 'complete'`,
    ),
  ];
}

export function listed({ tokens }: World): string[] {
  return tokens.map(({ id, name, enabled }) => `${id} ${name} ${enabled ? 1 : 0}`).sort();
}

export function currentIn(path: string): unknown[] {
  return readColumn(
    path,
    "SELECT token_id || ' ' || name || ' ' || enabled FROM token_versions WHERE last_run_id IS NULL ORDER BY token_id",
  );
}
