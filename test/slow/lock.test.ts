import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, holdNextRequest } from '../support/world.ts';

describe('a second audit', { concurrency: 2 }, () => {
  test('is refused while one runs, with who holds the lock since when, and does nothing', async () => {
    await using world = await createWorld();
    const held = holdNextRequest(world.omni);
    const first = world.start(['audit', '--format', 'json']);
    await held.reached;
    const [running] = await world.look('runs');
    assert.equal(running.status, 'running');

    const second = await world.run(['audit', '--format', 'json']);
    assert.equal(second.code, 4);
    assert.equal(second.stdout, '');
    const who = `another audit is running: run 1, by process ${first.child.pid} on ${hostname()}, since ${running.startedAt}`;
    assert.ok(second.stderr.includes(who), second.stderr);
    assert.doesNotMatch(second.stderr, /\n\s+at /);
    assert.equal(world.omni.requests.length, 1);

    held.release();
    assert.equal((await first.outcome).code, 0);
    assert.equal((await world.look('runs')).length, 1);
    assert.equal(world.inbox.mails.length, 1);
    await world.audit();
  });

  test('is refused even before the first has made its database', async () => {
    await using world = await createWorld();
    const holder = new BetterSqlite3(`${world.databasePath}.lock`);
    try {
      holder.exec('BEGIN IMMEDIATE');
      const outcome = await world.run(['audit']);
      assert.equal(outcome.code, 4, outcome.stderr);
      assert.match(outcome.stderr, /another audit is running/);
    } finally {
      holder.close();
    }
  });
});

describe('an audit that is ended from outside', { concurrency: 2 }, () => {
  test('by SIGKILL frees the lock, and its run is interrupted at the next audit', async () => {
    await using world = await createWatchedWorld();
    const held = holdNextRequest(world.omni);
    const audit = world.start(['audit']);
    await held.reached;
    audit.child.kill('SIGKILL');
    assert.equal((await audit.outcome).signal, 'SIGKILL');
    held.release();
    assert.equal((await world.look('runs'))[0].status, 'running');

    const next = await world.audit();
    assert.deepEqual([next.runId, next.isBaseline], [3, false]);
    const runs: { id: number; status: string }[] = await world.look('runs');
    assert.deepEqual(
      runs.map(({ id, status }) => [id, status]),
      [
        [3, 'complete'],
        [2, 'interrupted'],
        [1, 'complete'],
      ],
    );
    assert.equal(world.inbox.mails.length, 0);
  });

  test('by SIGTERM ends before Omni answers, with exit code 1, interrupted and without a conclusion', async () => {
    await using world = await createWatchedWorld();
    world.tokens.pop();
    const held = holdNextRequest(world.omni);
    const audit = world.start(['audit']);
    await held.reached;
    audit.child.kill('SIGTERM');
    const outcome = await audit.outcome;
    held.release();
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /stopped by SIGTERM/);
    assert.doesNotMatch(outcome.stderr, /\n\s+at |"stack"/);
    const [run] = await world.look('runs');
    assert.deepEqual([run.status, run.error], ['interrupted', 'stopped by SIGTERM']);
    assert.deepEqual(await world.look('findings'), []);
    assert.equal((await world.audit()).changes.removed, 1);
  });
});
