import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { AuditProgress } from '../../src/audit/progress.ts';
import { explainError } from '../../src/cli/explain-error.ts';
import { createProgressLine } from '../../src/cli/progress-line.ts';
import { openResults } from '../../src/cli/standard-output.ts';
import { type Column, tableLines } from '../../src/cli/table.ts';
import type { SimulatedToken } from '../../src/demo/omni-simulator.ts';
import { ConfigError, InterruptedError } from '../../src/errors.ts';
import { ask } from '../support/ask.ts';
import { noAbort } from '../support/no-abort.ts';
import { liveFormula, parseCsv, readBack } from '../support/parse-csv.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import type { World } from '../support/world.ts';
import { makeToken } from '../support/world-tokens.ts';

interface Row {
  id: string;
  severity: string;
  name: string;
  at: string;
  note: string | null;
  reason: string | null;
}

const columns: Column<Row>[] = [
  { heading: 'id', value: ({ id }) => id, is: 'id' },
  { heading: 'severity', value: ({ severity }) => severity },
  { heading: 'name', value: ({ name }) => name, is: 'name' },
  { heading: 'at', value: ({ at }) => at, is: 'instant', isSpare: true },
  { heading: 'note', value: ({ note }) => note },
  { heading: 'reason', value: ({ reason }) => reason, is: 'prose' },
];

const reason = `until 2027-03-01 by Ann Archer: ${'a long story '.repeat(8).trim()}`;
const rows: Row[] = [
  {
    id: '05df30cf-79f5-46dd-9581-23f3e883c6f2',
    severity: 'critical',
    name: 'a name that is longer than half of a terminal is wide',
    at: '2026-05-13T07:00:59.003Z',
    note: null,
    reason,
  },
  {
    id: '05df30cf-7000-46dd-9581-23f3e883c6f2',
    severity: 'info',
    name: '\x1b[31mred\r',
    at: '2026-05-13T07:01:00.000Z',
    note: null,
    reason: null,
  },
];

/** The lines of the table, without colours. */
function table(width: number | null, listed = rows): string[] {
  return [...tableLines(listed, columns, width)].join('').split('\n').slice(0, -1).map(stripVTControlCharacters);
}

describe('a table', () => {
  test('in a pipe has full ids, instants and sentences, and no colours', () => {
    const written = [...tableLines(rows, columns, null)].join('');
    for (const cell of [reason, rows[0]?.id, rows[0]?.at]) assert.ok(written.includes(String(cell)));
    assert.equal(written.includes('\x1b'), false);
  });

  test('in a pipe cuts a name of thousands of characters', () => {
    const [heading = ''] = table(
      null,
      rows.map((row) => ({ ...row, name: 'x'.repeat(5000) })),
    );
    assert.ok(heading.length < 300);
  });

  for (const width of [40, 55, 80, 120]) {
    test(`fits a terminal of ${width} columns and loses nothing but parts of names`, () => {
      const lines = table(width);
      for (const line of lines) assert.ok(line.length <= width, line);
      const shown = lines.join(' ').replaceAll(/\s+/g, ' ');
      assert.ok(shown.includes(reason));
      assert.match(shown, /critical/);
    });
  }

  test('on a terminal of 80 columns shortens ids and instants and hides blank columns', () => {
    const lines = table(80);
    assert.deepEqual(
      lines.flatMap((line) => /^05df30cf\S*/.exec(line) ?? []),
      ['05df30cf-79', '05df30cf-70'],
    );
    assert.match(lines[1] ?? '', / {2}2026-05-13 07:00$/);
    assert.doesNotMatch(lines.join('\n'), /NOTE|not shown/);
  });

  test('on a narrow terminal moves sentences below their rows, names hidden columns, and as a last resort stays too wide', () => {
    assert.match(table(60)[2] ?? '', /^ {4}reason: until 2027-03-01 by Ann Archer: /);
    assert.match(table(60).at(-1) ?? '', /^05df30cf-70 /);
    const lastLines = table(40).slice(-2).join(' ');
    assert.match(lastLines, /\(hidden to fit the terminal: at\. Use --format csv for all columns\)/);
    assert.match(table(20)[1] ?? '', /^05df30cf-79 {2}critical {2}a name …$/);
  });

  test('on a wide terminal is the same as in a pipe, except that it colours severe findings', () => {
    // The person who runs the tests may have set it.
    delete process.env.NO_COLOR;
    assert.deepEqual(table(400), table(null));
    const [, critical = '', info = ''] = [...tableLines(rows, columns, 400)];
    assert.ok(critical.includes('\x1b[31mcritical\x1b[0m'));
    assert.match(info, / {2}info /);
  });
});

describe('hostile names', () => {
  const fixture = new URL('../fixtures/hostile-names.json', import.meta.url);
  const hostile: { id: string; name: string }[] = JSON.parse(readFileSync(fixture, 'utf8')).tokens;
  /** Control and direction characters, which could deceive a terminal or a person. */
  const dangerous = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;
  let world: World;
  before(async () => {
    world = await createWatchedWorld({
      tokens: [...hostile, { name: 'half \ud83d of a pair' }].map((fields) => makeToken(1, fields)),
    });
  });
  after(() => world[Symbol.asyncDispose]());

  test('neither move the cursor in a table nor imitate its columns', async () => {
    const lines = (await ask(world, ['tokens'])).stdout.trimEnd().split('\n');
    assert.equal(lines.length, world.tokens.length + 1);
    for (const line of lines) assert.doesNotMatch(line, dangerous);
    // Two spaces separate columns.
    assert.ok(lines.some((line) => line.includes('key ⟨U+0020⟩personal ⟨U+0020⟩yes ⟨U+0020⟩2026-01-01')));
  });

  test('can be read back from a CSV, but cannot run as a formula in a spreadsheet', async () => {
    const [headings, ...listed] = parseCsv((await ask(world, ['tokens', '--format', 'csv'])).stdout);
    const names = new Map(listed.map((row) => [row[0], row[headings?.indexOf('name') ?? -1]]));
    for (const { id, name } of world.tokens) assert.equal(readBack(names.get(id) ?? ''), name.toWellFormed());
    for (const cell of listed.flat()) assert.doesNotMatch(cell, liveFormula);
  });

  test('are exactly as Omni sent them in JSON, which contains no dangerous character', async () => {
    const answer = await ask(world, ['tokens', '--format', 'json']);
    const names = new Map(answer.json().map(({ id, name }: SimulatedToken) => [id, name]));
    for (const { id, name } of world.tokens) assert.equal(names.get(id), name.toWellFormed());
    for (const line of answer.stdout.split('\n')) assert.doesNotMatch(line, dangerous);
  });
});

test('an error names invisible characters in what it repeats, and keeps its lines', () => {
  const error = new ConfigError(['SMTP_HOST "\u202e\x1b[2J": use a host name']);
  const expected = '1 problem in the configuration:\n  SMTP_HOST "⟨U+202E⟩⟨U+001B⟩[2J": use a host name\n';
  assert.equal(explainError(error, 'check'), `omni-token-audit: ${expected}`);
});

test('the progress of an audit overwrites one line, without repeating it, and clears it at the end', () => {
  const written: string[] = [];
  const line = createProgressLine((part) => written.push(part.replace('\r\x1b[2K', '<')));
  const progress: AuditProgress = {
    phase: 'listing tokens',
    pageCount: 0,
    pagesOfWalk: 0,
    tokensOfWalk: 0,
    totalRecords: null,
  };
  line.end();
  line.listen(progress);
  line.listen(progress);
  line.listen({ ...progress, totalRecords: 20_000, pagesOfWalk: 120, tokensOfWalk: 12_000 });
  line.listen({ ...progress, phase: 'resolving owners' });
  line.end();
  assert.deepEqual(written, [
    '<listing tokens …',
    '<listing tokens: page 120 of 200, 12000 tokens',
    '<resolving owners …',
    '<',
  ]);
});

describe('a long result', () => {
  /** Returns ten megabytes in ten thousand parts, and a count of the parts that were taken. */
  function countedParts() {
    const counted = { read: 0, wasEnded: false };
    function* parts(): Generator<string> {
      try {
        for (; counted.read < 10_000; counted.read += 1) yield 'x'.repeat(1000);
      } finally {
        counted.wasEnded = true;
      }
    }
    return { counted, parts: parts() };
  }

  function failing(code: string): Writable {
    return new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('it broke'), { code }));
      },
    });
  }

  test('arrives whole and in order, and is not read ahead of a slow reader', async () => {
    const { counted, parts } = countedParts();
    const output = new PassThrough();
    const results = openResults(output);
    results.print('first');
    const written = results.printAll(parts, noAbort).then(() => output.end());
    // Everything that can continue without a reader does so now.
    for (let pass = 0; pass < 100; pass += 1) await new Promise(setImmediate);
    assert.ok(counted.read < 200, `${counted.read} parts`);
    assert.equal((await text(output)).length, 10_000_005);
    await written;
    assert.equal(await results.finish(), null);
  });

  for (const [code, problem] of [
    ['EPIPE', null],
    ['ENOSPC', 'it broke'],
  ] as const) {
    test(`ends early on ${code}, which is ${problem === null ? 'a reader that went away' : 'a loss'}`, async () => {
      const { counted, parts } = countedParts();
      const results = openResults(failing(code));
      await results.printAll(parts, noAbort);
      results.print('more');
      assert.ok(counted.wasEnded);
      assert.ok(counted.read < 200, `${counted.read} parts`);
      assert.equal(await results.finish(), problem);
    });
  }

  test('ends at once when the process is stopped while nobody reads', async () => {
    const stop = new AbortController();
    const results = openResults(new PassThrough());
    const printed = results.printAll(countedParts().parts, stop.signal);
    stop.abort(new InterruptedError('stopped by SIGTERM'));
    await assert.rejects(printed, InterruptedError);
  });
});
