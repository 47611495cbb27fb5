import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sendJson, startHttpServer } from '../support/http-server.ts';
import { askForTokens as ask, errorOf, someOmniHttp } from '../support/omni-api.ts';

function sendText(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body);
}

describe('an answer of Omni', () => {
  test('reads again what was cut short after the length had been promised', async () => {
    await using server = await startHttpServer((response, count) => {
      if (count > 1) return sendJson(response, { count });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"records":[', () => response.destroy());
    });
    assert.deepEqual(await ask(someOmniHttp(server.baseUrl)), { count: 2 });
  });

  test('reads again what was cut short in the middle of its chunks', async () => {
    await using server = await startHttpServer((response, count) => {
      if (count > 1) return sendJson(response, { count });
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"records":[]}', () => response.destroy());
    });
    assert.deepEqual(await ask(someOmniHttp(server.baseUrl)), { count: 2 });
  });

  test('gives up on answers that are always cut short', async () => {
    await using server = await startHttpServer((response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{', () => response.destroy());
    });
    const error = await errorOf(someOmniHttp(server.baseUrl));
    assert.match(error.message, /could not reach Omni/);
    assert.equal(server.requests.length, 5);
  });

  test('reads an answer of many megabytes', async () => {
    const name = 'n'.repeat(15 * 1024 * 1024);
    await using server = await startHttpServer((response) => sendJson(response, { name }));
    assert.deepEqual(await ask(someOmniHttp(server.baseUrl)), { name });
  });

  test('is read no further than 16 MB', async () => {
    let isClosed: Promise<unknown> = Promise.resolve();
    await using server = await startHttpServer((response) => {
      isClosed = new Promise((resolve) => response.on('close', resolve));
      const chunk = Buffer.alloc(1024 * 1024, 0x20);
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', pour);
      pour();
    });
    const error = await errorOf(someOmniHttp(server.baseUrl));
    assert.match(error.message, /got an answer of more than 16777216 bytes/);
    assert.match(error.hint, /proxy/);
    await isClosed;
  });

  test('measures a compressed answer by what it unpacks to', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
    await using server = await startHttpServer((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' }).end(bomb);
    });
    const error = await errorOf(someOmniHttp(server.baseUrl));
    assert.match(error.message, /more than 16777216 bytes/);
  });

  test('says of a page for people what it is, without repeating it', async () => {
    await using server = await startHttpServer((response) => sendText(response, 200, '<h1>Log in, please</h1>'));
    const error = await errorOf(someOmniHttp(server.baseUrl));
    assert.match(error.message, /not JSON \("text\/html; charset=utf-8"\)/);
    assert.doesNotMatch(error.message, /Log in/);
    assert.match(error.hint, /OMNI_BASE_URL/);
  });

  test('does not read broken UTF-8, in which one name cannot be told from another', async () => {
    const body = Buffer.from('{"name":"Zoë"}', 'latin1');
    await using server = await startHttpServer((response) => {
      response.writeHead(200, { 'content-type': 'application/json; charset=iso-8859-1' }).end(body);
    });
    const error = await errorOf(someOmniHttp(server.baseUrl));
    assert.match(error.message, /got an answer that is not UTF-8/);
    assert.match(error.hint, /proxy/);
  });

  test('reads an answer with a byte order mark before it', async () => {
    await using server = await startHttpServer((response) => sendText(response, 200, '\ufeff{"name":"Zoë"}'));
    assert.deepEqual(await ask(someOmniHttp(server.baseUrl)), { name: 'Zoë' });
  });

  for (const [what, status] of [
    ['an answer without any content', 204],
    ['an empty answer', 200],
  ] as const) {
    test(`says of ${what} that it is not JSON`, async () => {
      await using server = await startHttpServer((response) => response.writeHead(status).end());
      const error = await errorOf(someOmniHttp(server.baseUrl));
      assert.match(error.message, /not JSON \(no content type\)/);
    });
  }
});
