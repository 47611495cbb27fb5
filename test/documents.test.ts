import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { findingsPage } from '../scripts/finding-tables.ts';
import { sampleMails } from '../scripts/sample-contents.ts';
import { mailDocuments } from '../scripts/sample-mails.ts';
import { envExample, readmePage } from '../scripts/settings.ts';
import { exitCode } from '../src/cli/exit-code.ts';
import { commands } from '../src/cli/registry.ts';
import { catalogueEntry, findingKinds } from '../src/rules/catalogue.ts';
import { oldestNode } from '../src/supported-node.mjs';
import { filesLike, projectRoot, readText } from './support/project-files.ts';

const readme = readText('README.md');
const manifest: { scripts: Record<string, string>; engines: { node: string } } = JSON.parse(readText('package.json'));

describe('the README', () => {
  test('shows on its first screen the two commands that try the program', () => {
    const firstScreen = readme.split('\n').slice(0, 40).join('\n');
    assert.match(firstScreen, /npm ci && npm run demo/);
    assert.match(firstScreen, /npm ci && npm test/);
    assert.match(firstScreen, /Subject: \[Omni tokens\]/);
  });

  test('lists every command and every exit code, and only npm scripts that exist', () => {
    const firstCells = [...readme.matchAll(/^\| *`?([\w-]+)\b/gm)].map(([, cell = '']) => cell);
    const expected = [...Object.keys(commands), ...Object.values(exitCode).map(String)];
    assert.deepEqual(
      expected.filter((name) => !firstCells.includes(name)),
      [],
    );
    const scripts = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, script = '']) => script);
    assert.deepEqual(
      scripts.filter((script) => !(script in manifest.scripts)),
      [],
    );
  });
});

describe('the documents', () => {
  const pages = filesLike('{*,bench/*,deploy/*,docs/*,docs/decisions/*}.md');

  test('only link to files that exist', () => {
    for (const page of pages) {
      for (const [, path = ''] of readText(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        assert.ok(existsSync(join(projectRoot, dirname(page), path)), `${page} links to ${path}`);
      }
    }
  });

  test('in docs/ are all linked from the README', () => {
    for (const page of filesLike('docs/*.md')) assert.ok(readme.includes(`(${page})`), page);
  });

  test('list the findings as the catalogue has them (npm run docs:findings updates them)', () => {
    const page = readText('docs/findings.md');
    assert.equal(page, findingsPage());
    for (const kind of findingKinds) assert.match(page, new RegExp(`^\\| \`${kind}\` \\|`, 'm'));
  });
});

test('.env.example and the README list the settings as the schema has them (npm run docs:settings updates both)', () => {
  assert.equal(readText('.env.example'), envExample());
  assert.equal(readme, readmePage());
  assert.match(readme, /^\| `OMNI_API_TOKEN` \* \| \| .* Required \|$/m);
});

test('package.json requires the Node version that the program checks for', () => {
  assert.equal(`${manifest.engines.node}.0`, `>=${oldestNode}`);
});

describe('docs/mails', () => {
  const documents = mailDocuments();

  for (const [name, document] of Object.entries(documents)) {
    test(`shows ${name} as the program renders it (npm run docs:mails writes it)`, () => {
      assert.equal(readText(`docs/mails/${name}`), document);
    });
  }

  test('shows nothing else', () => {
    const names = Object.keys(documents).map((name) => `docs/mails/${name}`);

    assert.deepEqual(filesLike('docs/mails/*').sort(), names.sort());
  });

  test('shows every kind of finding', () => {
    const { sections } = sampleMails().digest;

    assert.deepEqual(
      findingKinds.filter((kind) => !sections.some(({ title }) => title.startsWith(catalogueEntry(kind).title))),
      [],
    );
  });
});
