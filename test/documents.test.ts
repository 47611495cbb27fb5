import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { exitCode } from '../src/commands/exit-code.ts';
import { commands } from '../src/commands/registry.ts';
import { type Variable, variables } from '../src/config/variables.ts';
import { oldestNode } from '../src/supported-node.mjs';

const catalogue: readonly Variable[] = variables;
const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const readme = read('README.md');
const manifest: { scripts: Record<string, string>; engines: { node: string } } = JSON.parse(read('package.json'));

/** The cells of every table row that begins with a variable in backticks. */
function documentedVariables(): { name: string; secret: boolean; default: string }[] {
  const rows = readme.matchAll(/^\| *`([A-Z][A-Z_]+)`( \*)? *\| *(?:`([^`]*)`)? *\|/gm);
  return [...rows].map(([, name = '', star, value = '']) => ({ name, secret: star !== undefined, default: value }));
}

function byName<T extends { name: string }>(entries: readonly T[]): T[] {
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

describe('the README', () => {
  test('lists the variables of the program, with the same defaults', () => {
    const known = catalogue.map((entry) => {
      return { name: entry.name, secret: entry.secret === true, default: entry.default ?? '' };
    });
    assert.deepEqual(byName(documentedVariables()), byName(known));
  });

  test('shows the two commands that try it out, on its first screen', () => {
    const firstScreen = readme.split('\n').slice(0, 40).join('\n');
    assert.match(firstScreen, /npm ci && npm run demo/);
    assert.match(firstScreen, /npm ci && npm test/);
    assert.match(firstScreen, /Subject: \[Omni tokens\]/);
  });

  for (const name of Object.keys(commands)) {
    test(`has the command ${name}`, () => {
      assert.match(readme, new RegExp(`^\\| *\`${name}\\b`, 'm'));
    });
  }

  test('has every exit code', () => {
    for (const code of Object.values(exitCode)) assert.match(readme, new RegExp(`^\\| *${code} *\\|`, 'm'));
  });

  test('names only npm scripts that there are', () => {
    for (const [, script = ''] of readme.matchAll(/npm run ([\w:-]+)/g)) {
      assert.ok(script in manifest.scripts, script);
    }
  });

  test('links only files that there are', () => {
    for (const [, path = ''] of readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      assert.ok(existsSync(new URL(`../${path}`, import.meta.url)), path);
    }
  });
});

test('.env.example lists the variables of the program, with the same defaults', () => {
  const lines = read('.env.example').matchAll(/^(?:# )?([A-Z][A-Z_]+)=(.*)$/gm);
  const listed = [...lines].map(([, name = '', value = '']) => ({ name, default: value.replace(/^"(.*)"$/, '$1') }));
  const known = catalogue.map((entry) => ({ name: entry.name, default: entry.default ?? '' }));
  assert.deepEqual(byName(listed), byName(known));
});

test('package.json asks for the Node that the program checks for', () => {
  assert.equal(`${manifest.engines.node}.0`, `>=${oldestNode}`);
});
