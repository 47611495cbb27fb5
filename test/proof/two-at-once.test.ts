import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTables } from '../support/database-rows.ts';
import { startWorker } from '../support/worker-process.ts';
import { createWorld, holdNextRequest, parseMail, type World } from '../support/world.ts';
import { makeToken } from '../support/world-tokens.ts';
import { isFull, tally } from './support/tally.ts';

const minMs = isFull ? 60_000 : 0;

const runsOf = ({ databasePath }: World): Record<string, unknown>[] => readTables(databasePath).runs ?? [];

test('two workers on one database, with mail retried by hand, never audit at the same time and send no mail twice', async () => {
  await using world = await createWorld();
  const env = { AUDIT_CRON: '*/2 * * * * *' };
  const maxMs = minMs + 30_000;
  const workers = [startWorker(world, { env, maxMs }), startWorker(world, { env, maxMs })];
  let isOver = false;
  const retries = (async () => {
    const codes: (number | null)[] = [];
    while (!isOver) codes.push((await world.run(['mail', '--retry'])).code);
    return codes;
  })();
  const done = (): number => workers.flatMap(({ lines }) => lines).filter(({ msg }) => msg === 'audit complete').length;
  const startMs = performance.now();
  while (done() < 3 || performance.now() - startMs < minMs) {
    const held = holdNextRequest(world.omni);
    await held.reached;
    world.tokens.push(makeToken(1, { name: `token ${world.tokens.length}` }));
    // The audit goes on once the other worker has found the lock taken.
    const lockedBy = String(runsOf(world).at(-1)?.locked_by);
    const [auditing, other] = workers.toSorted(({ child }) => (lockedBy.includes(` ${child.pid} `) ? -1 : 1));
    await other?.line('another process is running an audit');
    held.release();
    await auditing?.line('audit complete');
  }
  isOver = true;
  const outcomes = await Promise.all(workers.map((worker) => worker.stop()));
  assert.deepEqual(
    outcomes.map(({ code }) => code),
    [0, 0],
  );
  // Until the first audit has created the database, there is nothing to retry.
  assert.ok((await retries).every((code) => code === 0 || code === 2 || code === 3));
  await world.run(['mail', '--retry']);

  const runs = runsOf(world);
  const complete = runs.filter(({ status }) => status === 'complete').length;
  assert.ok(complete >= 3);
  tally.audits += complete;
  assert.ok(runs.every(({ status }) => status !== 'failed'));
  for (const [index, run] of runs.entries()) {
    const previous = runs[index - 1];
    if (previous !== undefined)
      assert.ok(String(run.started_at) >= String(previous.finished_at), JSON.stringify([previous, run]));
  }
  const left = workers.flatMap(({ lines }) => lines).filter(({ msg }) => msg === 'another process is running an audit');
  assert.ok(left.length > 0, 'the workers never met');

  const mails = await Promise.all(world.inbox.mails.map(parseMail));
  const ids = mails.map(({ messageId }) => messageId);
  assert.equal(new Set(ids).size, ids.length);
  tally.mails += ids.length;
  const waiting = (await world.query('mail')).flatMap((mail: { deliveries: { status: string }[] }) => mail.deliveries);
  assert.equal(ids.length, waiting.length);
  assert.ok(waiting.every(({ status }: { status: string }) => status === 'sent'));
});
