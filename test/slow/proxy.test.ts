import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer, request } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { closedPort } from '../support/listen.ts';
import { localhostCertificate } from '../support/localhost-certificate.ts';
import { createWorld, type World } from '../support/world.ts';

interface Listening extends AsyncDisposable {
  port: number;
}

async function listen(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  // The ends of a tunnel are no HTTP connections, which a server would close by itself.
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Omni behind TLS, with a certificate that nobody trusts unasked. */
function startTls(world: World): Promise<Listening> {
  const server = createHttpsServer(localhostCertificate, (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const forwarded = request(world.omni.baseUrl + url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  });
  return listen(server);
}

/** A proxy that knows one way, wherever it is asked to go, and notes where that was. */
async function startProxy(targetPort: number): Promise<Listening & { asked: string[] }> {
  const asked: string[] = [];
  const server: HttpServer = createServer();
  server.on('connect', (message, client: Socket, head) => {
    asked.push(message.url ?? '');
    const target = connect(targetPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      target.write(head);
      target.pipe(client);
      client.pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
  });
  return Object.assign(await listen(server), { asked });
}

async function trustedCertificate(world: World): Promise<string> {
  const path = join(world.folder, 'ca.pem');
  await writeFile(path, localhostCertificate.cert);
  return path;
}

test('an audit behind a corporate proxy reaches Omni through it, and the mail server without it', async () => {
  await using world = await createWorld();
  await using tls = await startTls(world);
  await using proxy = await startProxy(tls.port);
  // Nobody listens there: only the proxy knows the way.
  const port = await closedPort();

  const audit = await world.audit(0, {
    env: {
      OMNI_BASE_URL: `https://localhost:${port}`,
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
      NODE_USE_ENV_PROXY: '1',
      NODE_EXTRA_CA_CERTS: await trustedCertificate(world),
    },
  });

  assert.equal(audit.tokenCount, 3);
  assert.ok(world.omni.requests.length > 0);
  assert.deepEqual([...new Set(proxy.asked)], [`localhost:${port}`]);
  assert.equal(world.inbox.mails.length, 1);
});

test('an audit goes past the proxy to a host that NO_PROXY names', async () => {
  await using world = await createWorld();
  await using tls = await startTls(world);
  await using proxy = await startProxy(tls.port);

  await world.audit(0, {
    env: {
      OMNI_BASE_URL: `https://localhost:${tls.port}`,
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
      NO_PROXY: 'localhost',
      NODE_USE_ENV_PROXY: '1',
      NODE_EXTRA_CA_CERTS: await trustedCertificate(world),
    },
  });

  assert.deepEqual(proxy.asked, []);
});
