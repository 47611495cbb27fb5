import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { startHttpServer } from '../support/http-server.ts';
import { startSilentSmtpServer } from '../support/silent-smtp.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { startWorker } from '../support/worker-process.ts';
import { createWorld, holdNextRequest, type World } from '../support/world.ts';

const longestStopMs = 5000;

/** How long it took to end. */
async function timed<T>(work: Promise<T>): Promise<{ ms: number; result: T }> {
  const startMs = performance.now();
  const result = await work;
  return { ms: performance.now() - startMs, result };
}

function assertCheckpointed(world: World): void {
  const wal = statSync(`${world.databasePath}-wal`, { throwIfNoEntry: false });
  assert.equal(wal?.size ?? 0, 0, 'the WAL holds what the database does not');
}

describe('a worker that is told to stop', { concurrency: 2 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`while it waits ends with 0 (${signal})`, async () => {
      await using world = await createWorld();
      const worker = startWorker(world);
      await worker.line('next audit');
      const { ms, result } = await timed(worker.stop(signal));
      assert.equal(result.code, 0, result.stdout);
      assert.ok(ms < longestStopMs, `${ms} ms`);
      assert.equal(worker.lines.at(-1)?.msg, 'worker stopped');
      assertCheckpointed(world);
    });
  }

  test('in the middle of a listing ends with 0 and has interrupted its run', async () => {
    await using world = await createWorld();
    const held = holdNextRequest(world.omni);
    const worker = startWorker(world);
    await held.reached;
    const { ms, result } = await timed(worker.stop());
    held.release();
    assert.equal(result.code, 0, result.stdout);
    assert.ok(ms < longestStopMs, `${ms} ms`);
    const [run] = await world.look('runs');
    assert.equal(run.status, 'interrupted');
    assert.equal(world.inbox.mails.length, 0);
  });

  test('in the middle of an SMTP dialogue ends with 0, and its mail waits', async () => {
    await using world = await createWorld();
    await using smtp = await startSilentSmtpServer();
    const worker = startWorker(world, { env: { SMTP_PORT: String(smtp.port) } });
    await smtp.spokenTo;
    const { ms, result } = await timed(worker.stop());
    assert.equal(result.code, 0, result.stdout);
    assert.ok(ms < longestStopMs, `${ms} ms`);
    const [mail] = await world.look('mail');
    assert.equal(mail.deliveries[0].status, 'pending');
    assert.equal((await world.look('runs'))[0].status, 'complete');
    assertCheckpointed(world);
  });

  test('while the watchdog does not answer ends with 0', async () => {
    await using world = await createWorld();
    const reached = Promise.withResolvers<void>();
    await using watchdog = await startHttpServer(() => reached.resolve());
    const worker = startWorker(world, { env: { HEARTBEAT_URL: `${watchdog.baseUrl}/ping` } });
    await reached.promise;
    const { ms, result } = await timed(worker.stop());
    assert.equal(result.code, 0, result.stdout);
    assert.ok(ms < longestStopMs, `${ms} ms`);
  });

  test('twice ends at once', async () => {
    await using world = await createWorld();
    // Something that does not end, as a connection that hangs: only the second signal can.
    const endless = `--import data:text/javascript,${encodeURIComponent('setInterval(() => {}, 60_000)')}`;
    const worker = startWorker(world, { env: { NODE_OPTIONS: endless } });
    await worker.line('next audit');
    worker.child.kill('SIGTERM');
    await worker.line('worker stopped');
    assert.equal((await worker.stop('SIGTERM')).signal, 'SIGTERM');
  });

  test('is taken for stopped, not for failing: nothing is mailed and the next start audits at once', async () => {
    await using world = await createWatchedWorld();
    const held = holdNextRequest(world.omni);
    const worker = startWorker(world, { env: { AUDIT_CRON: '* * * * * *' } });
    await held.reached;
    await worker.stop();
    held.release();
    const next = startWorker(world);
    assert.equal((await next.line('an audit is due')).trigger, 'retry');
    await next.line('audit complete');
    await next.stop();
    assert.equal(world.inbox.mails.length, 0);
  });
});

describe('an audit by hand that is told to stop', { concurrency: 2 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`in the middle of a listing ends with 1 (${signal})`, async () => {
      await using world = await createWorld();
      const held = holdNextRequest(world.omni);
      const { child, outcome } = world.start(['audit']);
      await held.reached;
      child.kill(signal);
      const { ms, result } = await timed(outcome);
      held.release();
      assert.equal(result.code, 1);
      assert.ok(ms < longestStopMs, `${ms} ms`);
      assert.equal((await world.look('runs'))[0].status, 'interrupted');
    });
  }
});

test('a worker in which something fails unnoticed stops in good order, says what, and exits 1', async () => {
  await using world = await createWorld();
  const defect = "setTimeout(() => Promise.reject(new Error('nobody saw this')), 1500)";
  const worker = startWorker(world, {
    env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(defect)}` },
  });
  await worker.line('worker stopped');
  assert.equal((await worker.outcome).code, 1);
  const last = worker.lines.at(-1);
  assert.equal(last.level, 'fatal');
  assert.equal(last.err.message, 'nobody saw this');
});
