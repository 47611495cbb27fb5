import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startHttpServer } from '../support/http-server.ts';
import { startSilentSmtpServer } from '../support/silent-smtp.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { startWorker } from '../support/worker-process.ts';
import { createWorld, holdNextRequest, type World } from '../support/world.ts';

const crashing = fileURLToPath(new URL('../support/crash-at-request.ts', import.meta.url));

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
      const result = await worker.stop(signal);
      assert.equal(result.code, 0, result.stdout);
      assert.equal(worker.lines.at(-1)?.msg, 'worker stopped');
      assertCheckpointed(world);
    });
  }

  test('in the middle of a listing ends with 0 and has interrupted its run', async () => {
    await using world = await createWorld();
    const held = holdNextRequest(world.omni);
    const worker = startWorker(world);
    await held.reached;
    const result = await worker.stop();
    held.release();
    assert.equal(result.code, 0, result.stdout);
    const [run] = await world.look('runs');
    assert.equal(run.status, 'interrupted');
    assert.equal(world.inbox.mails.length, 0);
  });

  test('in the middle of an SMTP dialogue ends with 0, and its mail waits', async () => {
    await using world = await createWorld();
    await using smtp = await startSilentSmtpServer();
    const worker = startWorker(world, { env: { SMTP_PORT: String(smtp.port) } });
    await smtp.spokenTo;
    const result = await worker.stop();
    assert.equal(result.code, 0, result.stdout);
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
    const result = await worker.stop();
    assert.equal(result.code, 0, result.stdout);
    // Not the end of its patience with the watchdog, which would be ten seconds.
    assert.equal((await worker.line('the heartbeat could not be sent')).error, 'InterruptedError');
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
      const { code } = await outcome;
      held.release();
      assert.equal(code, 1);
      assert.equal((await world.look('runs'))[0].status, 'interrupted');
    });
  }
});

test('a worker in which something fails unnoticed stops in good order, says what, and exits 1', async () => {
  await using world = await createWorld();
  const worker = startWorker(world, { env: { NODE_OPTIONS: `--import ${crashing}`, CRASH_KIND: 'rejection' } });
  await worker.line('worker stopped');
  assert.equal((await worker.outcome).code, 1);
  const last = worker.lines.at(-1);
  assert.equal(last.level, 'fatal');
  assert.equal(last.err.message, 'a defect of this program');
});
