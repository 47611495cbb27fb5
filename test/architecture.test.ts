import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { z } from 'zod';
import { filesLike, projectRoot, readText } from './support/project-files.ts';
import { tempFolder } from './support/temp-folder.ts';

const sources = filesLike('src/**/*.{ts,mjs}');
const digest = ['digest', 'digest/content', 'digest/render'];
const folders = ['rules', 'time', 'text', ...digest, 'config', 'omni', 'store', 'mail', 'history', 'audit', 'schedule'];

/** Some modules, and the folders of src/ that may import each. The linter must reject the import in all other folders. */
const importers: Record<string, string[]> = {
  'node:fs': ['config', 'omni', 'store', 'mail', 'history', 'audit', 'schedule', 'cli'],
  'node-cron': ['time', 'omni', 'store', 'mail', 'history', 'audit', 'schedule', 'cli'],
  'errors.ts': ['config', 'omni', 'store', 'mail', 'history', 'audit', 'schedule', 'cli'],
  'rules/token.ts': ['rules', ...digest, 'config', 'omni', 'store', 'mail', 'history', 'audit', 'schedule', 'cli'],
  'time/duration.ts': [...folders.filter((folder) => folder !== 'text'), 'cli'],
  'time/zone.ts': ['time', 'config', 'omni', 'store', 'mail', 'history', 'audit', 'schedule', 'cli'],
  'text/words.ts': ['text', ...digest, 'omni', 'store', 'mail', 'history', 'audit', 'schedule', 'cli'],
  'digest/wording.ts': [...digest, 'audit', 'cli'],
  'digest/timeline-wording.ts': [...digest, 'history', 'audit', 'cli'],
  'config/settings.ts': ['config', 'omni', 'mail', 'audit', 'cli'],
  'omni/api.ts': ['omni', 'audit'],
  'omni/http.ts': ['omni'],
  'store/runs.ts': ['store', 'mail', 'history', 'audit', 'schedule', 'cli'],
  'mail/message.ts': [...digest, 'store', 'mail', 'audit', 'schedule', 'cli'],
  'mail/run-mail-policy.ts': ['config', 'mail', 'audit', 'schedule'],
  'mail/mailer.ts': ['mail', 'audit', 'schedule'],
  'history/report.ts': [...digest, 'history', 'audit', 'cli'],
  'history/health.ts': ['history', 'audit', 'cli'],
  'audit/run-audit.ts': ['audit', 'schedule', 'cli'],
  'schedule/worker.ts': ['schedule', 'cli'],
  'cli/audit.ts': ['cli'],
  'demo/demo.ts': ['cli'],
  'stores.ts': ['audit', 'cli'],
  'wiring.ts': ['cli'],
  'main.ts': [],
};

const lintReport = z.object({
  diagnostics: z.array(
    z.object({
      category: z.string(),
      location: z.object({ path: z.union([z.string(), z.object({ file: z.string() })]) }),
    }),
  ),
});

/** Returns the paths of those files for which the project's linter reports a violation of the rule. */
function refusedBy(rule: string, context: TestContext, files: Record<string, string>): string[] {
  const folder = tempFolder(context);
  for (const name of ['biome.json', '.gitignore']) cpSync(join(projectRoot, name), join(folder, name));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const biome = join(projectRoot, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  const { diagnostics } = lintReport.parse(JSON.parse(stdout));
  const found = diagnostics.filter(({ category }) => category === `lint/style/${rule}`);
  return found.map(({ location: { path } }) => (typeof path === 'string' ? path : path.file)).sort();
}

describe('the linter', () => {
  test('rejects every import that breaks the layers, including imports of types, and no other', (context) => {
    const files: Record<string, string> = {};
    const forbidden: string[] = [];
    for (const [index, [module, allowed]] of Object.entries(importers).entries()) {
      for (const folder of [...folders, 'cli']) {
        const path = `src/${folder}/example-${index}.ts`;
        const name = module.endsWith('.ts') ? relative(dirname(path), `src/${module}`) : module;
        const from = `from '${name.startsWith('.') || name === module ? name : `./${name}`}';\n`;
        files[path] = `export { thing } ${from}`;
        files[path.replace('example', 'type')] = `export type { Thing } ${from}`;
        if (!allowed.includes(folder)) forbidden.push(path, path.replace('example', 'type'));
      }
    }
    assert.deepEqual(refusedBy('noRestrictedImports', context, files), forbidden.sort());
  });

  test('rejects rules that use a clock, randomness or I/O', (context) => {
    const globals = ['process', 'Buffer', 'fetch', 'setTimeout', 'performance', 'crypto'];
    const files = Object.fromEntries(
      globals.map((name) => [`src/rules/uses-${name.toLowerCase()}.ts`, `export const thing = String(${name});\n`]),
    );
    assert.deepEqual(refusedBy('noRestrictedGlobals', context, files), Object.keys(files).sort());
  });
});

describe('the sources', () => {
  test('take time and randomness as arguments, and never wait, in the pure folders', () => {
    const pure = sources.filter((path) => /^src\/(rules|text|time|digest)\//.test(path));
    const withoutComments = (path: string): string =>
      readText(path).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, '');
    const impure = /Date\.now\(|new Date\(\)|Math\.random|\basync\b|\bawait\b|\bPromise\b/;
    assert.ok(pure.length > 30);
    assert.deepEqual(
      pure.filter((path) => impure.test(withoutComments(path))),
      [],
    );
  });

  test('have at most 300 lines per file, as the tests do', () => {
    const files = [...sources, ...filesLike('test/**/*.{ts,mjs}')];
    assert.deepEqual(
      files.filter((path) => readText(path).trimEnd().split('\n').length > 300),
      [],
    );
  });
});

describe('docs/architecture.md', () => {
  const contracts = ['src/omni/api.ts', 'src/history/history.ts', 'src/stores.ts', 'src/wiring.ts'];

  function importsOf(path: string): string[] {
    const names = [...readText(path).matchAll(/^(?:import|export)\b[^;]*? from '(\.[^']+)';$/gm)];
    return names.map(([, name = '']) => join(dirname(path), name));
  }

  for (const [heading, limit] of [
    ['The path of one new token', 20],
    ['The path of one setting', 4],
  ] as const) {
    test(`lists at most ${limit} files under "${heading}", all connected by imports`, () => {
      const sections = readText('docs/architecture.md').split(/^## /m);
      const section = sections.find((part) => part.startsWith(heading)) ?? '';
      const path = [...section.matchAll(/^\d+\. `(src\/[^`]+)`: /gm)].map(([, file = '']) => file);
      assert.ok(path.length > 3 && path.length <= limit, `${path.length} files`);
      const known = new Set([...path, ...contracts]);
      const links = [...known].flatMap((from) => importsOf(from).map((to) => [from, to] as const));
      const reached = new Set(path.slice(0, 1));
      for (const _ of known) {
        for (const [from, to] of links) {
          if (known.has(from) && reached.has(to)) reached.add(from);
          if (known.has(to) && reached.has(from)) reached.add(to);
        }
      }
      assert.deepEqual(
        path.filter((file) => !reached.has(file)),
        [],
      );
    });
  }
});

test('every package is pinned to a version and a hash, and no package may run an install script', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readText('package.json'));
  for (const version of Object.values({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
    assert.match(String(version), /^[\d.]+$/);
  }
  assert.match(readText('.npmrc'), /^ignore-scripts=true$/m);
  const { '': _root, ...packages } = JSON.parse(readText('package-lock.json')).packages;
  assert.ok(Object.keys(packages).length > 50);
  for (const [path, locked] of Object.entries<Record<string, unknown>>(packages)) {
    assert.match(path, /^node_modules\//);
    assert.match(String(locked.integrity), /^sha512-[A-Za-z0-9+/]{86}==$/, path);
    // With one of the first three fields, the package would not come from the registry or would have another name.
    for (const field of ['resolved', 'name', 'link', 'hasInstallScript']) {
      assert.ok(!(field in locked), `${path}: ${field}`);
    }
  }
});
