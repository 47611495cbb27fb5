import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { filesLike, projectRoot, readText } from './support/project-files.ts';
import { tempFolder } from './support/temp-folder.ts';

const biome = join(projectRoot, 'node_modules', '.bin', 'biome');
const sources = filesLike('src/**/*.{ts,mjs}');

/** Code without its comments, so that prose may name what code may not use. */
function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$|\s\/\/ .*$/gm, '');
}

/** What no file of a layer may import. */
const forbidden: Record<string, string[]> = {
  rules: [
    'node:fs',
    'zod',
    '../errors.ts',
    '../text/words.ts',
    '../time/zone.ts',
    '../store/runs.ts',
    '../audit/run-audit.ts',
  ],
  time: ['node:fs', '../errors.ts', '../rules/token.ts', '../store/runs.ts'],
  text: ['node:fs', 'pino', '../errors.ts', '../digest/wording.ts', '../store/runs.ts'],
  digest: [
    'node:fs',
    '../errors.ts',
    '../store/runs.ts',
    '../mail/mailer.ts',
    '../history/health.ts',
    '../audit/run-audit.ts',
  ],
  'digest/content': [
    'node:fs',
    '../../errors.ts',
    '../../store/runs.ts',
    '../../mail/mailer.ts',
    '../../history/health.ts',
  ],
  'digest/render': [
    'node:fs',
    '../../errors.ts',
    '../../store/runs.ts',
    '../../mail/mailer.ts',
    '../../history/health.ts',
  ],
  config: [
    '../omni/http.ts',
    '../mail/mailer.ts',
    '../store/runs.ts',
    '../schedule/worker.ts',
    '../audit/run-audit.ts',
    '../wiring.ts',
  ],
  omni: ['../store/runs.ts', '../mail/mailer.ts', '../digest/wording.ts', '../audit/run-audit.ts', '../wiring.ts'],
  store: ['../omni/http.ts', '../history/health.ts', '../digest/wording.ts', '../audit/run-audit.ts', '../wiring.ts'],
  mail: ['../omni/http.ts', '../digest/wording.ts', '../audit/run-audit.ts', '../schedule/worker.ts', '../wiring.ts'],
  history: ['../omni/http.ts', '../digest/wording.ts', '../audit/run-audit.ts', '../cli/audit.ts', '../wiring.ts'],
  audit: [
    '../omni/http.ts',
    '../omni/create-omni-api.ts',
    '../cli/audit.ts',
    '../demo/demo.ts',
    '../schedule/worker.ts',
    '../wiring.ts',
  ],
  schedule: ['../omni/http.ts', '../digest/wording.ts', '../cli/audit.ts', '../wiring.ts'],
  cli: ['../omni/http.ts', '../mail/mailer.ts', '../main.ts'],
};

/** What each layer is for, so that a rule which forbids everything is found out. */
const allowed: Record<string, string[]> = {
  rules: ['./token.ts', '../time/duration.ts'],
  time: ['./zone.ts', 'node-cron'],
  text: ['./words.ts'],
  digest: ['./wording.ts', './content/totals.ts', '../rules/token.ts', '../text/words.ts', '../history/report.ts'],
  'digest/content': [
    './totals.ts',
    '../wording.ts',
    '../../rules/token.ts',
    '../../text/words.ts',
    '../../history/report.ts',
  ],
  'digest/render': ['./markup.ts', '../content/mail-content.ts', '../../rules/token.ts', '../../mail/message.ts'],
  config: ['../rules/token.ts', '../time/zone.ts', '../mail/run-mail-policy.ts', '../errors.ts', 'node:fs', 'zod'],
  omni: ['../rules/token.ts', '../errors.ts', '../clock.ts', 'ky', 'zod'],
  store: ['../rules/token.ts', '../mail/message.ts', '../errors.ts', 'better-sqlite3'],
  mail: ['./message.ts', '../store/outbox.ts', 'nodemailer'],
  history: ['../rules/token.ts', '../store/runs.ts', '../digest/timeline-wording.ts'],
  audit: [
    '../omni/api.ts',
    '../rules/token.ts',
    '../store/runs.ts',
    '../mail/run-mail-policy.ts',
    '../history/report.ts',
    '../digest/content/run-content.ts',
    '../clock.ts',
  ],
  schedule: ['../store/runs.ts', '../time/cron-schedule.ts', '../audit/run-audit.ts'],
  cli: ['../wiring.ts', '../errors.ts', '../rules/severity.ts', '../history/report.ts'],
};

/** The files of a numbered list of docs/architecture.md. */
function pathListed(heading: string): string[] {
  const section =
    readText('docs/architecture.md')
      .split(/^## /m)
      .find((part) => part.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\d+\. `(src\/[^`]+)`: /gm)].map(([, path = '']) => path);
}

/** The files of this project that a file imports. */
function importsOf(path: string): string[] {
  const names = [...readText(path).matchAll(/^(?:import|export)\b[^;]*? from '(\.[^']+)';$/gm)];
  return names.map(([, name = '']) => join(dirname(path), name));
}

interface Diagnostic {
  category: string;
  location: { path: string | { file: string } };
}

/** The files, of those given, in which the project's own linter reports a rule. */
function refusedBy(rule: string, folder: string, files: Record<string, string>): Set<string> {
  for (const name of ['biome.json', '.gitignore']) cpSync(join(projectRoot, name), join(folder, name));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const { stdout } = spawnSync(biome, args, { cwd: folder, encoding: 'utf8' });
  const { diagnostics }: { diagnostics: Diagnostic[] } = JSON.parse(stdout);
  const found = diagnostics.filter(({ category }) => category === `lint/style/${rule}`);
  return new Set(found.map(({ location: { path } }) => (typeof path === 'string' ? path : path.file)));
}

describe('the linter', () => {
  test('refuses every import that goes against the layers, and no other', (context) => {
    const bad: Record<string, string> = {};
    const good: Record<string, string> = {};
    for (const [layer, imports] of Object.entries(forbidden)) {
      imports.forEach((name, index) => {
        bad[`src/${layer}/bad-${index}.ts`] = `export { thing } from '${name}';\n`;
        bad[`src/${layer}/bad-type-${index}.ts`] =
          `import type { Thing } from '${name}';\n\nexport type Other = Thing;\n`;
      });
    }
    for (const [layer, imports] of Object.entries(allowed)) {
      imports.forEach((name, index) => {
        good[`src/${layer}/good-${index}.ts`] = `export { thing } from '${name}';\n`;
      });
    }
    const refused = refusedBy('noRestrictedImports', tempFolder(context), { ...bad, ...good });
    assert.deepEqual([...refused].sort(), Object.keys(bad).sort());
  });

  test('refuses what is not pure in the rules', (context) => {
    const globals = ['process', 'Buffer', 'fetch', 'setTimeout', 'performance', 'crypto'];
    const files = Object.fromEntries(
      globals.map((name) => [`src/rules/uses-${name}.ts`, `export const thing = String(${name});\n`]),
    );
    const refused = refusedBy('noRestrictedGlobals', tempFolder(context), files);
    assert.deepEqual([...refused].sort(), Object.keys(files).sort());
  });

  test('finds nothing to refuse in the sources', () => {
    execFileSync(biome, ['lint', '--error-on-warnings', 'src'], { cwd: projectRoot, stdio: 'pipe' });
  });
});

describe('the sources', () => {
  test('are found', () => {
    assert.ok(sources.length > 50);
    assert.ok(sources.includes('src/rules/token.ts'));
  });

  for (const path of sources.filter((source) => /^src\/(rules|text|time|digest)\//.test(source))) {
    test(`have time and chance as arguments and wait for nothing in ${path}`, () => {
      const code = withoutComments(readText(path));
      assert.doesNotMatch(code, /Date\.now\(|new Date\(\)|Math\.random|\basync\b|\bawait\b|\bPromise\b/);
    });
  }

  test('have no file above 300 lines, and their tests neither', () => {
    const tests = filesLike('test/**/*.{ts,mjs}');
    assert.ok(tests.length > 200);
    const long = [...sources, ...tests].filter((path) => readText(path).trimEnd().split('\n').length > 300);
    assert.deepEqual(long, []);
  });

  test('have named exports only, and names in kebab-case', () => {
    assert.deepEqual(
      sources.filter((path) => /^export default\b/m.test(readText(path))),
      [],
    );
    assert.deepEqual(
      sources.filter((path) => !/^src\/([a-z]+\/){0,2}[a-z0-9]+(-[a-z0-9]+)*\.(ts|mjs)$/.test(path)),
      [],
    );
  });
});

describe('the architecture page', () => {
  const contracts = ['src/omni/api.ts', 'src/history/history.ts', 'src/stores.ts', 'src/wiring.ts'];

  for (const [heading, limit] of [
    ['The path of one new token', 20],
    ['The path of one setting', 4],
  ] as const) {
    test(`lists ${limit} files at most, all there and joined by imports, as ${heading.toLowerCase()}`, () => {
      const path = pathListed(heading);
      assert.ok(path.length > 3 && path.length <= limit, `${path.length} files`);
      assert.deepEqual(
        path.filter((file) => !sources.includes(file)),
        [],
      );
      const known = new Set([...path, ...contracts]);
      const links = [...known].flatMap((from) => importsOf(from).map((to) => [from, to] as const));
      const reached = new Set(path.slice(0, 1));
      for (const _ of known) {
        for (const [from, to] of links) {
          if (!known.has(from) || !known.has(to)) continue;
          if (reached.has(from)) reached.add(to);
          if (reached.has(to)) reached.add(from);
        }
      }
      assert.deepEqual(
        path.filter((file) => !reached.has(file)),
        [],
      );
    });
  }
});
