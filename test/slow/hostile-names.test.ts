import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { ParsedMail } from 'mailparser';
import type { SimulatedToken } from '../../src/demo/omni-simulator.ts';
import { disarmed, formulaStart, parseCsv } from '../support/parse-csv.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import type { Outcome, World } from '../support/world.ts';
import { manyTokens } from '../support/world-tokens.ts';

const fixture = new URL('../fixtures/hostile-names.json', import.meta.url);
const names: { id: string; name: string }[] = JSON.parse(readFileSync(fixture, 'utf8')).tokens;
const hostile: SimulatedToken[] = manyTokens(names.length).map((token, index) => ({ ...token, ...names[index] }));
/** Control and direction characters, by which a name could fool a terminal or a reader. */
const dangerous = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;
const allowedTags = ['!doctype', 'body', 'br', 'code', 'h1', 'h2', 'h3', 'head', 'html', 'meta', 'p', 'span', 'strong'];
const allowedHeaders = [
  'auto-submitted',
  'content-type',
  'date',
  'from',
  'list',
  'message-id',
  'mime-version',
  'x-auto-response-suppress',
  'x-omni-token-audit-run',
];

function assertHarmless(text: string): void {
  for (const line of text.split('\n')) assert.doesNotMatch(line, dangerous, JSON.stringify(line.slice(0, 200)));
}

function assertHarmlessMail(mail: ParsedMail, raw: string): void {
  assert.deepEqual([...mail.headers.keys()].sort(), [...allowedHeaders, 'subject', 'to'].sort());
  assert.doesNotMatch(raw, /^Bcc:/im);
  const [file, ...more] = mail.attachments;
  assert.deepEqual([file?.filename, more], ['findings.csv', []]);
  for (const row of parseCsv(String(file?.content).replace(/^\ufeff/, ''))) {
    assert.equal(row.length, 14);
    for (const cell of row) assert.doesNotMatch(cell, formulaStart);
  }
  assertHarmless(String(mail.subject));
  assertHarmless(String(mail.text));
  const html = String(mail.html);
  assertHarmless(html);
  const tags = [...html.matchAll(/<\/?([^\s>]*)([^>]*)>/g)];
  const table = ['table', 'td', 'title', 'tr', 'th', 'style'];
  for (const [whole, tag = '', attributes = ''] of tags) {
    assert.ok([...allowedTags, ...table].includes(tag.toLowerCase()), whole);
    assert.doesNotMatch(attributes, /\bon\w+=|src=|evil|phish|javascript|DROP/i, whole);
  }
  assert.equal(html.match(/<h1/g)?.length, 1);
}

describe('hostile names', () => {
  let world: World;
  let created: Outcome;
  let renamed: Outcome;

  before(async () => {
    world = await createWatchedWorld({ tokens: manyTokens(3) });
    world.tokens.push(...structuredClone(hostile));
    world.tokens.push({
      ...manyTokens(1)[0],
      name: 'half \ud83d of a pair',
      id: crypto.randomUUID(),
    } as SimulatedToken);
    created = await world.run(['audit', '--format', 'json']);
    for (const [index, token] of world.tokens.slice(3, 3 + names.length).entries()) {
      token.name = names[(index + 1) % names.length]?.name ?? '';
    }
    renamed = await world.run(['audit', '--format', 'json']);
  });
  after(() => world[Symbol.asyncDispose]());

  test('stop no audit', () => {
    assert.equal(created.code, 0, created.stderr);
    assert.equal(created.json().changes.created, hostile.length + 1);
    assert.equal(renamed.code, 0, renamed.stderr);
    assert.deepEqual([renamed.json().changes.renamed, renamed.json().changes.created], [hostile.length, 0]);
    assert.equal(world.inbox.mails.length, 2);
  });

  test('add nothing to the structure of a mail, and hide no token in it', async () => {
    const { simpleParser } = await import('mailparser');
    for (const { raw, to } of world.inbox.mails) {
      const mail = await simpleParser(raw);
      assert.deepEqual(to, ['security@acme.example']);
      assertHarmlessMail(mail, raw);
      for (const { id } of hostile) {
        assert.ok(String(mail.text).includes(id), id);
        assert.ok(String(mail.html).includes(id), id);
      }
    }
    const [first] = world.inbox.mails;
    const mail = await simpleParser(first?.raw ?? '');
    assert.match(String(mail.html), /&quot;&lt;img src=x onerror=alert\(1\)&gt;&quot;/);
    assert.match(String(mail.text), /"⟨U\+202E⟩gnp\.exe"/);
    assert.match(String(mail.text), /"⟨U\+0000⟩nul"/);
    assert.match(String(mail.text), /\* ""\n/);
    assert.match(String(mail.text), /… \(5000 characters\)/);
  });

  test('are told apart when a token is renamed from one to the other', async () => {
    const text = String((await world.lastMail()).text).replaceAll(/\s+/g, ' ');
    assert.match(text, /"<img src=x onerror=alert\(1\)>" → "=HYPERLINK\("http\[:\]\/\/evil\.example","click"\)"/);
  });

  test('move no cursor in a table', async () => {
    for (const args of [['tokens'], ['findings'], ['findings', '--run', '3']]) {
      const { code, stdout } = await world.run(args);
      assert.equal(code, 0);
      assertHarmless(stdout);
      const rows = args[0] === 'tokens' ? world.tokens.length : hostile.length;
      assert.ok(stdout.trimEnd().split('\n').length > rows);
    }
  });

  test('run no formula in a spreadsheet and come through a CSV whole', async () => {
    const { stdout } = await world.run(['tokens', '--format', 'csv']);
    const [headings, ...rows] = parseCsv(stdout);
    assert.equal(rows.length, world.tokens.length);
    const place = headings?.indexOf('name') ?? -1;
    const names = new Map(rows.map((row) => [row[0], row[place]]));
    for (const row of rows) {
      assert.equal(row.length, headings?.length);
      for (const value of row) assert.doesNotMatch(value, formulaStart);
    }
    for (const { id, name } of world.tokens) {
      assert.equal(names.get(id), disarmed(name.toWellFormed()));
    }
  });

  test('are listed exactly as Omni sent them in JSON', async () => {
    const tokens: SimulatedToken[] = await world.look('tokens');
    const names = new Map(tokens.map(({ id, name }) => [id, name]));
    for (const { id, name } of world.tokens) assert.equal(names.get(id), name.toWellFormed());
  });

  test('break no log line', () => {
    for (const { stderr } of [created, renamed]) {
      for (const line of stderr.trimEnd().split('\n')) assert.ok(JSON.parse(line));
    }
  });

  test('reach no terminal through the log', () => {
    for (const { stderr } of [created, renamed]) assertHarmless(stderr);
  });

  test('are no change when nothing changed, half of a surrogate pair included', async () => {
    const result = await world.audit();
    assert.equal(result.mail.queued, 0);
    assert.equal(
      Object.values(result.changes).some((count) => count !== 0),
      false,
    );
  });
});
