import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createHeartbeat } from '../../src/audit/heartbeat.ts';
import { Secret } from '../../src/config/secret.ts';
import { startHttpServer } from '../support/http-server.ts';
import { closedPort } from '../support/listen.ts';
import { recordLog } from '../support/log-lines.ts';
import { noAbort } from '../support/no-abort.ts';

function heartbeatTo(url: string) {
  const { log, lines, written } = recordLog('trace');
  return { beat: createHeartbeat(new Secret(url), log), lines, written };
}

describe('a heartbeat', () => {
  test('goes to /start, to the address itself, and to /fail', async () => {
    await using server = await startHttpServer((response) => response.end('OK'));
    const { beat, lines } = heartbeatTo(`${server.baseUrl}/ping/uuid-of-the-check`);
    await beat('start', noAbort);
    await beat('success', noAbort);
    await beat('fail', noAbort);
    assert.deepEqual(
      server.requests.map(({ method, url }) => `${method} ${url}`),
      ['GET /ping/uuid-of-the-check/start', 'GET /ping/uuid-of-the-check', 'GET /ping/uuid-of-the-check/fail'],
    );
    assert.match(server.requests[0]?.headers['user-agent'] ?? '', /^omni-token-audit\//);
    assert.deepEqual(lines, []);
  });

  test('keeps the query and takes one slash at the end for none', async () => {
    await using server = await startHttpServer((response) => response.end('OK'));
    await heartbeatTo(`${server.baseUrl}/ping/abc/?key=1`).beat('fail', noAbort);
    assert.equal(server.requests[0]?.url, '/ping/abc/fail?key=1');
  });

  test('is tried once more when the server fails', async () => {
    await using server = await startHttpServer((response, count) => {
      response.writeHead(count === 1 ? 503 : 200).end();
    });
    const { beat, lines } = heartbeatTo(`${server.baseUrl}/ping/abc`);
    await beat('success', noAbort);
    assert.equal(server.requests.length, 2);
    assert.deepEqual(lines, []);
  });

  test('that is refused is a warning without the address', async () => {
    await using server = await startHttpServer((response) => response.writeHead(404).end('no such check'));
    const { beat, lines, written } = heartbeatTo(`${server.baseUrl}/ping/never-to-be-seen`);
    await beat('success', noAbort);
    assert.equal(lines.length, 1);
    assert.equal(lines[0]?.level, 'warn');
    assert.doesNotMatch(written.join(''), /never-to-be-seen|127\.0\.0\.1/);
  });

  test('to nobody is a warning and no error', async () => {
    const { beat, lines, written } = heartbeatTo(`http://127.0.0.1:${await closedPort()}/ping/never-to-be-seen`);
    assert.equal(await beat('start', noAbort), undefined);
    assert.equal(lines.length, 1);
    assert.doesNotMatch(written.join(''), /never-to-be-seen|127\.0\.0\.1/);
  });

  test('does not follow a redirect, which would give the address away', async () => {
    await using other = await startHttpServer((response) => response.end('OK'));
    await using server = await startHttpServer((response) => {
      response.writeHead(302, { location: `${other.baseUrl}/elsewhere` }).end();
    });
    const { beat, lines } = heartbeatTo(`${server.baseUrl}/ping/abc`);
    await beat('success', noAbort);
    assert.equal(other.requests.length, 0);
    assert.equal(lines.length, 1);
  });

  test('is given up at once when the work is to stop', async () => {
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
