import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startHttpServer, type TestHttpServer } from '../support/http-server.ts';
import { closedPort } from '../support/listen.ts';
import { breakOmni, createUnattended } from '../support/unattended.ts';
import { startWorker } from '../support/worker-process.ts';
import { createWorld, holdNextRequest } from '../support/world.ts';

const secretPath = '/ping/never-to-be-seen';
/** A worker on a clock of its own would otherwise turn for ever. */
const maxMs = 15_000;

function startWatchdog(): Promise<TestHttpServer> {
  return startHttpServer((response) => response.end('OK'));
}

function signals({ requests }: TestHttpServer): string[] {
  return requests.map(({ url }) => url.slice(secretPath.length) || 'success');
}

describe('the watchdog', { concurrency: 2 }, () => {
  test('hears of the start and the success of an audit', async () => {
    await using watchdog = await startWatchdog();
    await using unattended = await createUnattended({ env: { HEARTBEAT_URL: watchdog.baseUrl + secretPath } });
    await unattended.audit();
    assert.deepEqual(signals(watchdog), ['/start', 'success']);
  });

  test('hears of a success where there was nothing to mail', async () => {
    await using watchdog = await startWatchdog();
    await using unattended = await createUnattended({ env: { HEARTBEAT_URL: watchdog.baseUrl + secretPath } });
    await unattended.audit();
    await unattended.auditAfter(60);
    assert.deepEqual(signals(watchdog).slice(2), ['/start', 'success']);
  });

  test('hears of a failed audit', async () => {
    await using watchdog = await startWatchdog();
    await using unattended = await createUnattended({ env: { HEARTBEAT_URL: watchdog.baseUrl + secretPath } });
    breakOmni(unattended.world);
    await unattended.audit();
    assert.deepEqual(signals(watchdog), ['/start', '/fail']);
  });

  test('hears of no success while the mail is not accepted', async () => {
    await using watchdog = await startWatchdog();
    await using unattended = await createUnattended({
      env: { HEARTBEAT_URL: watchdog.baseUrl + secretPath, SMTP_PORT: String(await closedPort()) },
    });
    const { audit } = await unattended.audit();
    assert.equal(audit.status, 'complete');
    assert.deepEqual(signals(watchdog), ['/start', '/fail']);
  });

  test('hears nothing of a dry run, nor of an audit that another one keeps out', async () => {
    await using watchdog = await startWatchdog();
    await using world = await createWorld({ env: { HEARTBEAT_URL: watchdog.baseUrl + secretPath } });
    const held = holdNextRequest(world.omni);
    const first = world.start(['audit']);
    await held.reached;
    assert.equal((await world.run(['audit'])).code, 4);
    held.release();
    await first.outcome;
    assert.deepEqual(signals(watchdog), ['/start', 'success']);
    await world.run(['audit', '--dry-run']);
    assert.equal(watchdog.requests.length, 2);
  });

  test('that is dead fails no audit, and its address stands in no log line', async () => {
    await using world = await createWorld({
      env: { HEARTBEAT_URL: `http://127.0.0.1:${await closedPort()}${secretPath}`, LOG_LEVEL: 'trace' },
    });
    const outcome = await world.run(['audit', '--format', 'json']);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.equal(outcome.logs().filter(({ msg }) => msg === 'the heartbeat could not be sent').length, 2);
    assert.doesNotMatch(outcome.stdout + outcome.stderr, /never-to-be-seen/);
  });

  test('has its address in no message about a wrong one', async () => {
    await using world = await createWorld({ env: { HEARTBEAT_URL: `ftp://watchdog.example${secretPath}` } });
    const outcome = await world.run(['audit']);
    assert.equal(outcome.code, 2);
    assert.match(outcome.stderr, /HEARTBEAT_URL/);
    assert.doesNotMatch(outcome.stderr, /never-to-be-seen/);
  });

  test('hears of the success when the worker delivers later what waited', async () => {
    const stop = new AbortController();
    await using watchdog = await startHttpServer((response, _count, { url }) => {
      response.end('OK');
      if (url.endsWith('/fail')) world.env.SMTP_PORT = String(world.inbox.port);
      if (url === secretPath) stop.abort(new Error('the success is told'));
    });
    await using unattended = await createUnattended({
      env: {
        HEARTBEAT_URL: watchdog.baseUrl + secretPath,
        AUDIT_CRON: '0 0 1 1 *',
        SMTP_PORT: String(await closedPort()),
      },
    });
    const { world, app, log } = unattended;
    await app.start(AbortSignal.any([stop.signal, AbortSignal.timeout(maxMs)]));
    assert.deepEqual(signals(watchdog), ['/start', '/fail', 'success']);
    assert.equal(world.inbox.mails.length, 1);
    assert.ok(log.some(({ msg }) => msg === 'mail will be retried'));
  });

  test('hears from the worker too', async () => {
    await using watchdog = await startWatchdog();
    await using world = await createWorld({ env: { HEARTBEAT_URL: watchdog.baseUrl + secretPath } });
    const worker = startWorker(world);
    await worker.line('next audit');
    const { stdout } = await worker.stop();
    assert.deepEqual(signals(watchdog), ['/start', 'success']);
    assert.doesNotMatch(stdout, /never-to-be-seen/);
  });
});
