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

/** Since the winter before the dates of the examples, with the names and ids that stand in them. */
let desk: Unattended;
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
  // The history grows longer every day, and the whole of it must be there.
  desk = await createUnattended({ tokens, env: { RETENTION_DAYS: '0' } });
  const [omniCli] = desk.world.tokens;
  assert.ok(omniCli);
  desk.world.people.ownerOf(omniCli).userName = 'jane@acme.example';
  const daysSince = Math.ceil((Date.now() - Date.parse('2026-02-01T00:00:00Z')) / msPerDay);
  desk.setBack(daysSince);
  await desk.audit();
  omniCli.name = 'omni CLI, laptop';
  desk.world.tokens.push(makeToken(1, { name: 'new key', type: 'organization' }));
  await desk.auditAfter(45 * 24 * 60);
  await desk.auditAfter((daysSince - 45) * 24 * 60);
  const accepted = await desk.world.run(['ack', grant.id, '--reason', 'until the migration', '--by', 'Ann Archer']);
  assert.equal(accepted.code, 0, accepted.stderr);
});
after(() => desk[Symbol.asyncDispose]());

const hasJq = spawnSync('jq', ['--version']).status === 0;

/** As a shell would, for lines as simple as ours. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

describe('the examples of the help', () => {
  for (const [name, { examples = [] }] of Object.entries(commands)) {
    for (const example of examples) {
      test(example, async () => {
        assert.equal(wordsOf(example)[0], name);
        const { code, stdout, stderr } = await desk.world.run(wordsOf(example));
        // 5: something stands at or above --fail-on.
        assert.ok(code === 0 || (code === 5 && example.includes('--fail-on')), `${code}\n${stdout}\n${stderr}`);
        assert.doesNotMatch(stdout, /^(No such token|No findings|Nothing is known)/);
      });
    }
  }

  test('are there for every command but those that need no more than their name', () => {
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
      const { code, stdout, stderr } = await desk.world.run(wordsOf(own));
      assert.equal(code, 0, `${stdout}\n${stderr}`);
      assert.doesNotMatch(stdout, /^(No such token|No findings|Nothing is known)/);
      if (piped === undefined) return;
      const filter = /^jq -r '(.+)'$/.exec(line.slice(line.indexOf('jq ')))?.[1] ?? '';
      const filtered = spawnSync('jq', ['-r', filter], { input: stdout, encoding: 'utf8' });
      assert.equal(filtered.status, 0, filtered.stderr);
      assert.notEqual(filtered.stdout, '');
    });
  }

  test('are found', () => {
    assert.ok(lines.length >= 4, lines.join('\n'));
  });
});

describe('docs/data-model.md', () => {
  const text = readFileSync(new URL('../../docs/data-model.md', import.meta.url), 'utf8');
  const queries = [...text.matchAll(/^-- (.+)\n([^;]+;)/gm)];

  for (const [, what = '', query = ''] of queries) {
    test(`has a query that works: ${what}`, () => {
      const db = new BetterSqlite3(desk.world.databasePath, { readonly: true });
      try {
        assert.ok(Array.isArray(db.prepare(query).all()));
      } finally {
        db.close();
      }
    });
  }

  test('has queries, and names every table', () => {
    assert.ok(queries.length >= 5);
    const db = new BetterSqlite3(desk.world.databasePath, { readonly: true });
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

test('docs/log-events.md has a query for jq that works', { skip: hasJq ? false : 'jq is missing' }, () => {
  const text = readFileSync(new URL('../../docs/log-events.md', import.meta.url), 'utf8');
  const query = /^jq -r '(.+)' worker\.log$/m.exec(text)?.[1] ?? '';
  const input = desk.log.map((line) => JSON.stringify(line)).join('\n');
  const { status, stdout } = spawnSync('jq', ['-r', query], { input, encoding: 'utf8' });
  assert.equal(status, 0);
  const grave = desk.log.filter(({ severity }) => severity === 'critical' || severity === 'high');
  assert.ok(grave.length > 0);
  assert.equal(stdout.trim().split('\n').length, grave.length);
});

test('docs/log-events.md has the fields of a finding in the log, all of them and no other', () => {
  const text = readFileSync(new URL('../../docs/log-events.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (`.+?`) \| /gm)].flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)]);
  const documented = rows.map(([, name]) => name).sort();
  const lines = desk.log.filter(({ event }) => event === 'finding');
  assert.ok(lines.length > 1);
  for (const line of lines) {
    const { name: _program, msg: _words, ...fields } = line;
    assert.deepEqual(Object.keys(fields).sort(), documented);
  }
});
