import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { simpleParser } from 'mailparser';
import { createStory } from '../../src/demo/story.ts';
import { readText } from '../support/project-files.ts';
import { createWorld } from '../support/world.ts';

test('the story is the same for the same morning', () => {
  const morning = new Date('2027-03-01T00:10:00.000Z');
  assert.deepEqual(createStory(morning).organisation, createStory(morning).organisation);
});

test('the demo audits twice in a new folder, even with invalid settings, and keeps mails that open in a browser', async () => {
  await using world = await createWorld();
  const env = {
    TMPDIR: world.folder,
    OMNI_BASE_URL: 'http://acme.omniapp.co',
    SMTP_HOST: undefined,
    MAIL_TO: 'nobody',
  };
  const { code, stdout, stderr } = await world.run(['demo'], { env, maxMs: 10_000 });
  assert.deepEqual([code, stderr], [0, '']);
  const subjects = [...stdout.matchAll(/^Subject: (.*)$/gm)].map(([, subject]) => String(subject));
  assert.deepEqual(subjects, [
    '[Omni tokens] Acme: baseline of 230 tokens, 2 need attention',
    '[Omni tokens] Acme (critical): 2 orphaned, 2 new, 1 with a raised role, +6 more',
  ]);
  const digest = stdout.slice(stdout.lastIndexOf('Subject: '));
  for (const name of [
    ...['Elif Sato', 'Partner data share', 'Legacy BI bridge', 'Nightly board export'],
    ...['Warehouse cost export', 'Chiara’s migration script'],
  ]) {
    assert.ok(digest.includes(`"${name}"`), name);
  }

  const mails = [...stdout.matchAll(/\S+\.eml/g)].map(([path]) => path);
  const pages = [...stdout.matchAll(/\S+\.html/g)].map(([path]) => path);
  const received = await Promise.all(mails.map((path) => simpleParser(readFileSync(path))));
  assert.deepEqual(
    received.map(({ subject }) => subject),
    subjects,
  );
  assert.equal(pages.length, 2);
  for (const page of pages) assert.match(readFileSync(page, 'utf8'), /^<!doctype html>/i);

  const database = /DATABASE_PATH=(\S+)/.exec(stdout)?.[1] ?? '';
  assert.match(database, /\/omni-token-audit-demo-\w{6}\/audit\.db$/);
  assert.ok(existsSync(database));
  const heading = /see "([^"]+)" in README\.md/.exec(stdout)?.[1] ?? '';
  assert.ok(readText('README.md').includes(`\n## ${heading}\n`), heading);
  assert.deepEqual([world.omni.requests, world.inbox.mails], [[], []]);
});
