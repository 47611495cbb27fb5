import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sampleReport } from '../../src/demo/sample-report.ts';
import { catalogueEntry } from '../../src/rules/catalogue.ts';
import { createWorld, type World } from '../support/world.ts';

describe('a preview of the sample', { concurrency: 2 }, () => {
  let world: World;
  /** Nothing is configured. */
  let bare: Record<string, undefined>;
  before(async () => {
    world = await createWorld();
    const names = Object.keys(world.env).filter((name) => name !== 'PATH');
    bare = Object.fromEntries(names.map((name) => [name, undefined]));
  });
  after(() => world[Symbol.asyncDispose]());

  test('is a digest with something in every section, without any database and configuration', async () => {
    const { code, stdout, stderr } = await world.run(['preview', '--sample'], { env: bare });
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^Subject: \[Omni tokens\] Acme \(critical\): .+\n\n/);
    for (const { kind } of sampleReport.groups) assert.ok(stdout.includes(catalogueEntry(kind).title), kind);
    for (const { acknowledgement } of sampleReport.acknowledgements) assert.ok(stdout.includes(acknowledgement.reason));
    assert.equal(existsSync(join(world.folder, 'data')), false);
    assert.equal(world.omni.requests.length + world.inbox.mails.length, 0);
  });

  test('is the same each time, and whatever is configured', async () => {
    const [first, second, configured] = await Promise.all([
      world.run(['preview', '--sample'], { env: bare }),
      world.run(['preview', '--sample'], { env: bare }),
      world.run(['preview', '--sample'], { env: { ORGANIZATION_NAME: 'Other', SMTP_PORT: 'no port' } }),
    ]);
    assert.equal(second.stdout, first.stdout);
    assert.deepEqual([configured.code, configured.stdout], [0, first.stdout]);
  });

  test('is written as an HTML file that only its owner can read', async () => {
    const file = join(world.folder, 'sample.html');
    const { code, stdout } = await world.run(['preview', '--sample', '--html', file], { env: bare });
    assert.deepEqual([code, stdout], [0, `Wrote the sample to ${file}\n`]);
    const html = readFileSync(file, 'utf8');
    assert.match(html, /^<!DOCTYPE html>/);
    for (const { kind } of sampleReport.groups) assert.ok(html.includes(catalogueEntry(kind).title), kind);
    assert.equal(statSync(file).mode & 0o077, 0);
    assert.deepEqual(readdirSync(world.folder), ['sample.html']);
  });

  test('says in words when its file cannot be written', async () => {
    const file = join(world.folder, 'missing', 'sample.html');
    const { code, stdout, stderr } = await world.run(['preview', '--sample', '--html', file], { env: bare });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^omni-token-audit: --html ".*sample\.html": ENOENT/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });
});
