import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { test } from 'node:test';
import { msPerMinute } from '../../src/time/duration.ts';
import { execute } from '../support/database-rows.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { startWorker } from '../support/worker-process.ts';
import { holdNextRequest, parseMail, type World } from '../support/world.ts';

const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * msPerMinute);

/** Makes the audit that holds the lock look as if it had begun and been alive so many minutes ago. */
function backdate({ databasePath }: World, startedAgo: number, aliveAgo: number): void {
  execute(
    databasePath,
    "UPDATE runs SET started_at = ? WHERE status = 'running'",
    minutesAgo(startedAgo).toISOString(),
  );
  utimesSync(`${databasePath}.lock`, minutesAgo(aliveAgo), minutesAgo(aliveAgo));
}

async function subjectsOf({ inbox }: World): Promise<(string | undefined)[]> {
  return (await Promise.all(inbox.mails.map(parseMail))).map(({ subject }) =>
    subject?.replace(/(since|after) .*/, '$1'),
  );
}

const failing = '[Omni tokens] Acme: audit failing since';
const recovered = '[Omni tokens] Acme: audit recovered after';

test('a suspended audit that keeps all others out is mailed once as failing, and as recovered when it completes', async () => {
  await using world = await createWatchedWorld();
  const held = holdNextRequest(world.omni);
  const first = world.start(['audit']);
  await held.reached;
  backdate(world, 50, 0);
  const waiting = await world.run(['audit']);
  assert.equal(waiting.code, 4);
  assert.match(waiting.stderr, /another audit is running: run 2, .*\n {2}Wait until/);
  assert.deepEqual(world.inbox.mails, [], 'a long audit was reported');

  first.child.kill('SIGSTOP');
  backdate(world, 50, 46);
  const pattern = new RegExp(
    `run 2 \\(process ${first.child.pid} on \\S+, started at \\S+\\) has shown no sign of life since`,
  );
  for (let time = 1; time <= 2; time += 1) {
    const { code, stderr } = await world.run(['audit']);
    assert.equal(code, 4);
    assert.match(stderr, pattern);
    assert.match(stderr, /\n {2}Restart its service or container/);
    assert.deepEqual(await subjectsOf(world), [failing]);
  }
  const { text = '' } = await world.lastMail();
  assert.match(text.replaceAll(/\s+/g, ' '), pattern);
  assert.match(text.replaceAll(/\s+/g, ' '), /What to do: Restart its service or container/);
  const health = await world.run(['healthcheck']);
  assert.equal(health.code, 1);
  assert.match(health.stdout, pattern);
  assert.match((await world.run(['status'])).stdout, /^next audit +due now: .* when the running audit has ended$/m);

  // A restart of the worker changes nothing.
  const worker = startWorker(world);
  assert.match((await worker.line('the audit could not start')).err.message, pattern);
  first.child.kill('SIGCONT');
  held.release();
  assert.equal((await first.outcome).code, 0);
  await worker.stop();
  assert.deepEqual(await subjectsOf(world), [failing, recovered]);
  assert.deepEqual(
    (await world.query('runs')).map(({ id, status }: { id: number; status: string }) => `${id} ${status}`),
    ['2 complete', '1 complete'],
  );
  assert.equal((await world.run(['healthcheck'])).code, 0);
});
