import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { findingsPage } from '../scripts/finding-tables.ts';
import { sampleMails } from '../scripts/sample-contents.ts';
import { exitCode } from '../src/cli/exit-code.ts';
import { commands } from '../src/cli/registry.ts';
import { type Variable, variables } from '../src/config/variables.ts';
import { renderMail } from '../src/digest/render/render-mail.ts';
import { findingKinds } from '../src/rules/catalogue.ts';
import { oldestNode } from '../src/supported-node.mjs';
import { filesLike, projectRoot, readText } from './support/project-files.ts';

const catalogue: readonly Variable[] = variables;
const readme = readText('README.md');
const manifest: { scripts: Record<string, string>; engines: { node: string } } = JSON.parse(readText('package.json'));

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
});

describe('the documents', () => {
  const pages = [
    'README.md',
    'SECURITY.md',
    'CHANGELOG.md',
    'bench/README.md',
    'deploy/README.md',
    ...filesLike('docs/*.md'),
  ];

  for (const page of pages) {
    test(`link only files that there are (${page})`, () => {
      for (const [, path = ''] of readText(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        assert.ok(existsSync(join(projectRoot, dirname(page), path)), path);
      }
    });
  }

  test('are all reached from the README', () => {
    for (const page of filesLike('docs/*.md')) assert.ok(readme.includes(`(${page})`), page);
  });

  test('have the findings as the program knows them (npm run docs:findings writes them anew)', () => {
    const page = readText('docs/findings.md');
    assert.equal(page, findingsPage());
    for (const kind of findingKinds) assert.match(page, new RegExp(`^\\| \`${kind}\` \\|`, 'm'));
  });
});

test('.env.example lists the variables of the program, with the same defaults', () => {
  const lines = readText('.env.example').matchAll(/^(?:# )?([A-Z][A-Z_]+)=(.*)$/gm);
  const listed = [...lines].map(([, name = '', value = '']) => ({ name, default: value.replace(/^"(.*)"$/, '$1') }));
  const known = catalogue.map((entry) => ({ name: entry.name, default: entry.default ?? '' }));
  assert.deepEqual(byName(listed), byName(known));
});

test('package.json asks for the Node that the program checks for', () => {
  assert.equal(`${manifest.engines.node}.0`, `>=${oldestNode}`);
});

describe('docs/mails', () => {
  for (const [name, content] of Object.entries(sampleMails)) {
    test(`has the mail "${name}" as it is rendered (npm run docs:mails writes it anew)`, () => {
      const { subject, text } = renderMail(content);
      assert.equal(readText(`docs/mails/${name}.txt`), `Subject: ${subject}\n\n${text}`);
    });
  }

  test('has no other mail', () => {
    const names = filesLike('docs/mails/*');
    assert.deepEqual(
      names.sort(),
      Object.keys(sampleMails)
        .map((name) => `docs/mails/${name}.txt`)
        .sort(),
    );
  });
});
