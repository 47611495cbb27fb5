import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { simpleParser } from 'mailparser';
import { createWorld } from '../support/world.ts';

const maxDemoMs = 10_000;

test('the demo tells its story twice in a row, quickly, with mails to open', async () => {
  await using world = await createWorld();
  // A setting that is wrong for an audit must not stop the demo.
  const env = {
    TMPDIR: world.folder,
    OMNI_BASE_URL: 'http://acme.omniapp.co',
    SMTP_HOST: undefined,
    MAIL_TO: 'nobody',
  };
  const folders = new Set<string>();
  for (let time = 1; time <= 2; time += 1) {
    const { code, stdout, stderr } = await world.run(['demo'], { env, maxMs: maxDemoMs });
    assert.deepEqual([code, stderr], [0, '']);
    const subjects = [...stdout.matchAll(/^Subject: (.*)$/gm)].map(([, subject]) => String(subject));
    assert.equal(subjects.length, 2);
    assert.match(subjects[0] ?? '', /^\[Omni tokens\] Acme: baseline of 23\d tokens, \d+ need attention$/);
    assert.equal(
      subjects[1],
      '[Omni tokens] Acme (critical): 2 orphaned, 1 new, 1 re-enabled, 1 disabled, 1 removed, 1 stale',
    );
    for (const name of [
      'Partner data share',
      'Legacy BI bridge',
      'Warehouse cost export',
      'Chiara’s migration script',
      'Elif Sato',
    ]) {
      assert.ok(stdout.includes(`"${name}"`), name);
    }

    const mails = [...stdout.matchAll(/\S+\.eml/g)].map(([path]) => path);
    const pages = [...stdout.matchAll(/\S+\.html/g)].map(([path]) => path);
    assert.deepEqual([mails.length, pages.length], [2, 2]);
    for (const page of pages) assert.match(readFileSync(page, 'utf8'), /^<!doctype html>/i);
    const received = await Promise.all(mails.map((path) => simpleParser(readFileSync(path))));
    assert.deepEqual(
      received.map(({ subject }) => subject),
      subjects,
    );

    const database = /DATABASE_PATH=(\S+)/.exec(stdout)?.[1] ?? '';
    assert.ok(existsSync(database), stdout);
    folders.add(database);
    assert.match(stdout, /Next: .*README\.md/);
    const heading = /section "([^"]+)"/.exec(stdout)?.[1] ?? '';
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    assert.ok(readme.includes(`\n## ${heading}\n`), heading);
  }
  assert.equal(folders.size, 2);
  assert.equal(world.omni.requests.length, 0);
  assert.equal(world.inbox.mails.length, 0);
});
