import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { SimulatedToken } from '../../src/demo/omni-simulator.ts';
import { answer } from '../support/omni-answers.ts';
import { createWorld, type World } from '../support/world.ts';
import { makeToken } from '../support/world-tokens.ts';

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const membershipId = '7d8f0a3c-2f1e-4e07-9c55-0a1b2c3d4e5f';

/** Three runs: the baseline, one that found changes, and one that failed. */
describe('what was audited', { concurrency: 2 }, () => {
  let world: World;
  // biome-ignore lint/suspicious/noExplicitAny: the answer of a command
  let runs: any[];
  const stale = makeToken(24 * 100 + 1, { name: 'stale key' });
  const personal = makeToken(24 * 10 + 1, { name: 'a script', type: 'personal', membershipId });
  const removed = makeToken(24 * 5 + 1, { name: 'short-lived', type: 'mcp', membershipId });
  const created = makeToken(1, { name: 'a new, "quoted" key' });

  before(async () => {
    world = await createWorld({ tokens: [stale, personal, removed] });
    await world.audit();
    world.tokens.splice(2, 1, created);
    personal.name = 'another script';
    await world.audit();
    world.omni.intercept = (_request, response) => answer(response, 200, 'text/html', '<p>no</p>');
    await world.audit(1);
    runs = await world.look('runs');
  });
  after(() => world[Symbol.asyncDispose]());

  const listedToken = (token: SimulatedToken, fields: object) => {
    const { id, name, type, enabled, createdAt, membershipId } = token;
    return { id, name, type, enabled, createdAt, membershipId, owner: null, ...fields };
  };

  const listedOwner = () => {
    const { userName, displayName, active } = world.people.ownerOf(personal);
    return { userName, displayName, active, lastLogin: null };
  };

  test('is listed run by run, the newest first', () => {
    const [failed, second, baseline] = runs;
    assert.equal(runs.length, 3);
    for (const { startedAt, finishedAt } of runs) {
      assert.match(startedAt, instant);
      assert.match(finishedAt, instant);
    }
    const { startedAt, finishedAt } = baseline;
    assert.deepEqual(baseline, {
      id: 1,
      trigger: 'manual',
      status: 'complete',
      startedAt,
      finishedAt,
      isBaseline: true,
      tokenCount: 3,
      pageCount: 1,
      // The tokens, the users and the embed users.
      requestCount: 3,
      findingCount: 1,
      ownersKnown: true,
      error: null,
    });
    assert.deepEqual(Object.keys(second), Object.keys(baseline));
    assert.deepEqual([second.id, second.isBaseline, second.findingCount, second.error], [2, false, 3, null]);
    assert.deepEqual(Object.keys(failed), Object.keys(baseline));
    assert.deepEqual([failed.id, failed.status, failed.tokenCount, failed.findingCount], [3, 'failed', null, 0]);
    assert.match(failed.error, /not JSON/);
  });

  test('is listed token by token, as of the last complete run', async () => {
    const [, second, baseline] = runs;
    const since = { firstSeenAt: baseline.startedAt, changedAt: null };
    assert.deepEqual(await world.look('tokens'), [
      listedToken(stale, { ageDays: 100, ...since }),
      listedToken(personal, { ageDays: 10, ...since, changedAt: second.startedAt, owner: listedOwner() }),
      listedToken(created, { ageDays: 0, firstSeenAt: second.startedAt, changedAt: null }),
    ]);
  });

  test('is listed as an older run saw it', async () => {
    const tokens: SimulatedToken[] = await world.look('tokens', '--run', '1');
    assert.deepEqual(
      tokens.map(({ name }) => name),
      ['stale key', 'a script', 'short-lived'],
    );
    assert.equal(tokens[1]?.changedAt, null);
  });

  test('is listed by type, and stale tokens alone', async () => {
    const ids = async (...args: string[]): Promise<string[]> =>
      (await world.look('tokens', ...args)).map(({ id }: SimulatedToken) => id);
    assert.deepEqual(await ids('--type', 'personal'), [personal.id]);
    assert.deepEqual(await ids('--type', 'mcp', '--run', '1'), [removed.id]);
    assert.deepEqual(await ids('--stale'), [stale.id]);
  });

  test('is listed finding by finding, the newest first', async () => {
    const [, second, baseline] = runs;
    const findings = await world.look('findings');
    const opened = findings.at(-1);
    assert.deepEqual(opened, {
      id: 1,
      runId: 1,
      kind: 'token-stale',
      severity: 'low',
      state: 'open',
      subject: { type: 'token', id: stale.id },
      tokenId: stale.id,
      tokenName: 'stale key',
      tokenType: 'organization',
      detail: { ageDays: 100, thresholdDays: 90 },
      openedAt: baseline.startedAt,
      resolvedAt: null,
      acknowledgement: null,
    });
    const renamed = findings.find(({ kind }: { kind: string }) => kind === 'token-renamed');
    assert.deepEqual(renamed, {
      id: renamed.id,
      runId: 2,
      kind: 'token-renamed',
      severity: 'low',
      state: 'event',
      subject: { type: 'token', id: personal.id },
      tokenId: personal.id,
      tokenName: 'another script',
      tokenType: 'personal',
      detail: { before: 'a script', after: 'another script' },
      openedAt: second.startedAt,
      resolvedAt: null,
      acknowledgement: null,
    });
    const kinds: string[] = findings.map(({ kind }: { kind: string }) => kind);
    assert.deepEqual(kinds.toSorted(), ['token-created', 'token-removed', 'token-renamed', 'token-stale']);
    const ids: number[] = findings.map(({ id }: { id: number }) => id);
    assert.deepEqual(ids, [4, 3, 2, 1]);
  });

  test('is listed by what stands, and by what one run told', async () => {
    const kinds = async (...args: string[]): Promise<string[]> =>
      (await world.look('findings', ...args)).map(({ kind }: { kind: string }) => kind).sort();
    assert.deepEqual(await kinds('--open'), ['token-stale']);
    assert.deepEqual(await kinds('--run', '1'), ['token-stale']);
    assert.deepEqual(await kinds('--run', '2'), ['token-created', 'token-removed', 'token-renamed']);
  });

  test('is listed mail by mail, the newest first', async () => {
    const [digest, baseline, ...more] = await world.look('mail');
    assert.deepEqual(more, []);
    const received = await world.lastMail();
    const [delivery] = digest.deliveries;
    assert.match(digest.createdAt, instant);
    assert.match(delivery.sentAt, instant);
    assert.deepEqual(digest, {
      id: 2,
      kind: 'digest',
      runId: 2,
      messageId: received.messageId,
      subject: '[Omni tokens] Acme (high): 1 new, 1 renamed, 1 removed',
      createdAt: digest.createdAt,
      deliveries: [
        {
          recipient: 'security@acme.example',
          status: 'sent',
          attempts: 1,
          nextAttemptAt: null,
          sentAt: delivery.sentAt,
          lastError: null,
          discardReason: null,
        },
      ],
    });
    assert.deepEqual([baseline.id, baseline.kind], [1, 'baseline']);
  });

  for (const command of ['tokens', 'findings', 'preview']) {
    test(`is no snapshot of a run that failed, and ${command} says so`, async () => {
      const outcome = await world.run([command, '--run', '3']);
      assert.deepEqual([outcome.code, outcome.stdout], [2, '']);
      assert.match(outcome.stderr, /--run 3: that run is failed/);
    });
  }

  test('is no snapshot of a run that never was', async () => {
    const outcome = await world.run(['tokens', '--run', '99']);
    assert.deepEqual([outcome.code, outcome.stdout], [2, '']);
    assert.match(outcome.stderr, /--run 99: there is no such run/);
  });

  const headings: Record<string, string> = {
    runs: 'id,trigger,status,started,finished,baseline,tokens,pages,requests,findings,error',
    tokens: 'id,name,type,enabled,created,days,membership,first seen,changed,owner,active,last login',
    findings: 'id,run,severity,kind,state,type,name,subject,detail,opened,resolved,acknowledged',
    mail: 'id,kind,created,subject,recipient,status,attempts,next attempt,sent,last error',
  };
  for (const [command, expected] of Object.entries(headings)) {
    test(`is a CSV and a table for ${command}`, async () => {
      const csv = (await world.run([command, '--format', 'csv'])).stdout.split('\r\n');
      const columns = csv[0]?.split(',') ?? [];
      for (const heading of expected.split(',')) assert.ok(columns.includes(heading), heading);
      assert.equal(csv.at(-1), '');
      const table = (await world.run([command])).stdout.trimEnd().split('\n');
      assert.equal(table.length, csv.length - 1);
      assert.deepEqual(
        table[0]?.split(/ {2,}/),
        columns.map((column) => column.toUpperCase()),
      );
      const starts = columns.map((column) => table[0]?.indexOf(column.toUpperCase()) ?? 0);
      for (const line of table) {
        for (const start of starts.slice(1)) assert.match(line.padEnd(start + 1).slice(start - 2, start), /^ {2}$/);
      }
    });
  }

  test('has its quotes and commas kept apart in a CSV', async () => {
    const { stdout } = await world.run(['tokens', '--format', 'csv']);
    assert.ok(stdout.includes(`\r\n${created.id},"a new, ""quoted"" key",organization,true,`), stdout);
  });

  test('is read again as the mail about a run, as text', async () => {
    const received = await world.lastMail();
    const last = await world.run(['preview']);
    assert.equal(last.code, 0);
    assert.equal(last.stdout, `Subject: ${received.subject}\n\n${received.text}`);
    const first = await world.run(['preview', '--run', '1']);
    assert.match(first.stdout, /^Subject: \[Omni tokens\] Acme: baseline of 3 tokens, 1 needs attention\n/);
  });

  test('is read again as the mail about a run, as an HTML file that only its owner can read', async () => {
    const file = join(world.folder, 'mail.html');
    const { code, stdout } = await world.run(['preview', '--run', '2', '--html', file]);
    assert.deepEqual([code, stdout], [0, `Wrote the mail of run 2 to ${file}\n`]);
    assert.equal(readFileSync(file, 'utf8').trim(), String((await world.lastMail()).html).trim());
    assert.equal(statSync(file).mode & 0o077, 0);
    const refused = await world.run(['preview', '--html', join(world.folder, 'missing', 'mail.html')]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /--html .*ENOENT/);
    assert.doesNotMatch(refused.stderr, /\n\s+at /);
    assert.equal(world.inbox.mails.length, 2);
  });
});

test('a database without a complete run lists nothing, in every form', async () => {
  await using world = await createWorld();
  world.omni.intercept = (_request, response) => answer(response, 200, 'text/html', '<p>no</p>');
  await world.audit(1);
  assert.deepEqual(await world.look('tokens'), []);
  assert.equal((await world.run(['tokens'])).stdout, 'No audit has completed yet.\n');
  assert.equal((await world.run(['findings'])).stdout, 'No findings.\n');
  assert.equal((await world.run(['mail'])).stdout, 'No mail yet.\n');
  assert.match((await world.run(['tokens', '--format', 'csv'])).stdout, /^id,name,.*\r\n$/);
  const preview = await world.run(['preview']);
  assert.equal(preview.code, 2);
  assert.match(
    preview.stderr,
    /nothing to preview: no audit has completed yet\n {2}`preview --sample` shows what a digest looks like/,
  );
});
