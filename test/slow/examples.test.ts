import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import BetterSqlite3 from 'better-sqlite3';
import { commands } from '../../src/cli/registry.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { createUnattended, type Unattended } from '../support/unattended.ts';
import { makeToken, manyTokens } from '../support/world-tokens.ts';

/** Creates an organisation with the names and ids of the examples. Its history begins before their dates. */
let acme: Unattended;
before(async () => {
  const jane = randomUUID();
  const grant = makeToken(24 * 900, { name: 'grant', type: 'mcp', membershipId: jane });
  const tokens = [
    makeToken(24 * 1000, {
      id: '3f1c9a52-7b1e-4d0a-9c55-000000000011',
      name: 'omni CLI',
      type: 'personal',
      membershipId: jane,
    }),
    grant,
    ...manyTokens(3),
  ];
  // The dates of the examples move further into the past every day, and must not be pruned.
  acme = await createUnattended({ tokens, env: { RETENTION_DAYS: '0' } });
  const [omniCli] = acme.world.tokens;
  assert.ok(omniCli);
  acme.world.people.ownerOf(omniCli).userName = 'jane@acme.example';
  const daysSince = Math.ceil((Date.now() - Date.parse('2026-02-01T00:00:00Z')) / msPerDay);
  acme.setBack(daysSince);
  await acme.audit();
  omniCli.name = 'omni CLI, laptop';
  acme.world.tokens.push(makeToken(1, { name: 'new key', type: 'organization' }));
  await acme.auditAfter(45 * 24 * 60);
  await acme.auditAfter((daysSince - 45) * 24 * 60);
  const accepted = await acme.world.run(['ack', grant.id, '--reason', 'until the migration', '--by', 'Ann Archer']);
  assert.equal(accepted.code, 0, accepted.stderr);
});
after(() => acme[Symbol.asyncDispose]());

const hasJq = spawnSync('jq', ['--version']).status === 0;

/** Splits a line into words as a shell does, without the file that it writes to; enough for our own lines. */
function wordsOf(line: string): string[] {
  const [command = ''] = line.split(' > ');
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

describe('the examples of the help', () => {
  for (const [name, { examples = [] }] of Object.entries(commands)) {
    for (const example of examples) {
      test(example, async () => {
        assert.equal(wordsOf(example)[0], name);
        const { code, stdout, stderr } = await acme.world.run(wordsOf(example));
        // 5: a finding at or above --fail-on is open.
        assert.ok(code === 0 || (code === 5 && example.includes('--fail-on')), `${code}\n${stdout}\n${stderr}`);
        assert.doesNotMatch(stdout, /^(No tokens|No findings|No audit has recorded)/);
      });
    }
  }

  test('exist for every command that takes options or arguments', () => {
    const without = Object.entries(commands).filter(([, { examples }]) => examples === undefined);
    assert.deepEqual(
      without.map(([name]) => name),
      ['start', 'demo'],
    );
  });
});

describe('the command lines of the documents', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const pages = ['README.md', ...globSync('docs/*.md', { cwd: root })];
  const lines = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
      [...block.matchAll(/^(?:\.\/)?omni-token-audit (.*?)(?: +#.*)?$/gm)].map(([, line = '']) => line),
    ),
  );

  for (const line of lines) {
    const [own = '', piped] = line.split(' | ');
    const isRunnable = piped === undefined || hasJq;
    test(line, { skip: isRunnable ? false : 'jq is missing' }, async () => {
      const { code, stdout, stderr } = await acme.world.run(wordsOf(own));
      assert.equal(code, 0, `${stdout}\n${stderr}`);
      assert.doesNotMatch(stdout, /^(No tokens|No findings|No audit has recorded)/);
      if (piped === undefined) return;
      const filter = /^jq -r '(.+)'$/.exec(line.slice(line.indexOf('jq ')))?.[1] ?? '';
      const filtered = spawnSync('jq', ['-r', filter], { input: stdout, encoding: 'utf8' });
      assert.equal(filtered.status, 0, filtered.stderr);
      assert.notEqual(filtered.stdout, '');
    });
  }
});

describe('docs/data-model.md', () => {
  const text = readFileSync(new URL('../../docs/data-model.md', import.meta.url), 'utf8');
  const queries = [...text.matchAll(/^-- (.+)\n([^;]+;)/gm)];

  for (const [, what = '', query = ''] of queries) {
    test(`has a working query: ${what}`, () => {
      const db = new BetterSqlite3(acme.world.databasePath, { readonly: true });
      try {
        assert.ok(Array.isArray(db.prepare(query).all()));
      } finally {
        db.close();
      }
    });
  }

  test('has queries, and names every table', () => {
    assert.ok(queries.length >= 5);
    const db = new BetterSqlite3(acme.world.databasePath, { readonly: true });
    const names = db
      .prepare<[], string>(
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'",
      )
      .pluck()
      .all();
    db.close();
    for (const name of names) assert.ok(text.includes(`\`${name}\``), name);
  });
});

test('docs/log-events.md has a working query for jq', { skip: hasJq ? false : 'jq is missing' }, () => {
  const text = readFileSync(new URL('../../docs/log-events.md', import.meta.url), 'utf8');
  const query = /^jq -r '(.+)' worker\.log$/m.exec(text)?.[1] ?? '';
  const input = acme.log.map((line) => JSON.stringify(line)).join('\n');
  const { status, stdout } = spawnSync('jq', ['-r', query], { input, encoding: 'utf8' });
  assert.equal(status, 0);
  const severe = acme.log.filter(({ severity }) => severity === 'critical' || severity === 'high');
  assert.ok(severe.length > 0);
  assert.equal(stdout.trim().split('\n').length, severe.length);
});

test('docs/log-events.md lists exactly the fields that a finding has in the log', () => {
  const text = readFileSync(new URL('../../docs/log-events.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (`.+?`) \| /gm)].flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)]);
  const documented = rows.map(([, name]) => name).sort();
  const lines = acme.log.filter(({ event }) => event === 'finding');
  assert.ok(lines.length > 1);
  for (const line of lines) {
    const { name: _program, msg: _words, ...fields } = line;
    assert.deepEqual(Object.keys(fields).sort(), documented);
  }
});
