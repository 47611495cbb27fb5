import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { auditAndDeliver } from '../../src/audit/audit-job.ts';
import { createHeartbeat, type HeartbeatSignal } from '../../src/audit/heartbeat.ts';
import { Secret } from '../../src/config/secret.ts';
import { ConfigError } from '../../src/errors.ts';
import { startHttpServer } from '../support/http-server.ts';
import { closedPort } from '../support/listen.ts';
import { recordLog } from '../support/log-lines.ts';
import { noAbort } from '../support/no-abort.ts';

function heartbeatTo(url: string) {
  const { log, lines, written } = recordLog('trace');
  return { beat: createHeartbeat(new Secret(url), log), lines, written };
}

describe('a heartbeat', () => {
  test('goes to /start, to the address itself, and to /fail; it keeps the query and needs no final slash', async () => {
    await using server = await startHttpServer((response) => response.end('OK'));
    const { beat, lines } = heartbeatTo(`${server.baseUrl}/ping/uuid-of-the-check`);
    await beat('start', noAbort);
    await beat('success', noAbort);
    await heartbeatTo(`${server.baseUrl}/ping/abc/?key=1`).beat('fail', noAbort);
    assert.deepEqual(
      server.requests.map(({ method, url }) => `${method} ${url}`),
      ['GET /ping/uuid-of-the-check/start', 'GET /ping/uuid-of-the-check', 'GET /ping/abc/fail?key=1'],
    );
    assert.match(server.requests[0]?.headers['user-agent'] ?? '', /^omni-token-audit\//);
    assert.deepEqual(lines, []);
  });

  test('is retried once when the server fails', async () => {
    await using server = await startHttpServer((response, count) => {
      response.writeHead(count === 1 ? 503 : 200).end();
    });
    const { beat, lines } = heartbeatTo(`${server.baseUrl}/ping/abc`);
    await beat('success', noAbort);
    assert.equal(server.requests.length, 2);
    assert.deepEqual(lines, []);
  });

  test('that a server refuses is logged with the status, and without the address', async () => {
    await using server = await startHttpServer((response) => {
      response.writeHead(404).end();
    });
    const { beat, lines, written } = heartbeatTo(`${server.baseUrl}/ping/abc`);
    await beat('success', noAbort);
    assert.equal(lines[0]?.status, 404);
    assert.doesNotMatch(written.join(''), /ping/);
  });

  test('counts as delivered by its status, and closes a connection whose body never ends', async () => {
    const closed = Promise.withResolvers<void>();
    await using server = await startHttpServer((response) => {
      response.writeHead(200).write('OK');
      response.on('close', closed.resolve);
    });
    const { beat, lines } = heartbeatTo(`${server.baseUrl}/ping/abc`);
    await beat('success', noAbort);
    await closed.promise;
    assert.deepEqual([server.requests.length, lines], [1, []]);
  });

  test('is given up after its own deadline when the server never answers', async () => {
    await using server = await startHttpServer(() => {});
    const { log, lines } = recordLog();
    await createHeartbeat(new Secret(`${server.baseUrl}/ping/abc`), log, 200)('success', noAbort);
    assert.deepEqual(
      lines.map(({ error }) => error),
      ['TimeoutError'],
    );
  });

  test('that fails is logged without the address, and follows no redirect', async () => {
    await using other = await startHttpServer((response) => response.end('OK'));
    await using server = await startHttpServer((response, count) => {
      response.writeHead(count === 1 ? 404 : 302, { location: `${other.baseUrl}/elsewhere` }).end('no such check');
    });
    for (const baseUrl of [server.baseUrl, server.baseUrl, `http://127.0.0.1:${await closedPort()}`]) {
      const { beat, lines, written } = heartbeatTo(`${baseUrl}/ping/never-to-be-seen`);
      await beat('success', noAbort);
      assert.deepEqual(
        lines.map(({ level }) => level),
        ['warn'],
      );
      assert.doesNotMatch(written.join(''), /never-to-be-seen|127\.0\.0\.1/);
    }
    assert.equal(other.requests.length, 0);
  });

  test('is given up at once when the process is stopping', async () => {
    const reached = Promise.withResolvers<void>();
    await using server = await startHttpServer(() => reached.resolve());
    const stop = new AbortController();
    const { beat } = heartbeatTo(`${server.baseUrl}/ping/abc`);
    const beating = beat('start', stop.signal);
    await reached.promise;
    stop.abort(new Error('stop'));
    await beating;
    await beat('fail', stop.signal);
    assert.equal(server.requests.length, 1);
  });
});

test('an audit whose mail cannot be delivered because settings are invalid signals a failure', async () => {
  const signals: HeartbeatSignal[] = [];
  const job = auditAndDeliver(
    {
      async audit(_options, onBegin) {
        await onBegin();
        return { status: 'failed', runId: 1, pageCount: 0, queued: 1, error: new Error('no answer') };
      },
      reportStuck: async () => null,
      log: recordLog().log,
      deliver: () => Promise.reject(new ConfigError(['SMTP_PASSWORD_FILE: the file cannot be read (ENOENT)'])),
      heartbeat: async (signal) => {
        signals.push(signal);
      },
    },
    { trigger: 'schedule', dryRun: false, acceptRemovals: false },
    noAbort,
  );
  await assert.rejects(job, ConfigError);
  assert.deepEqual(signals, ['start', 'fail']);
});
