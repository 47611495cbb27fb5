import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { closedPort, listen } from '../support/listen.ts';
import { localhostCertificate } from '../support/localhost-certificate.ts';
import { clientSecret, mailbox, refreshToken, secretForms } from '../support/oauth-clients.ts';
import { startOAuthSmtpServer } from '../support/oauth-smtp-server.ts';
import { refuse, startTokenEndpoint } from '../support/token-endpoint.ts';
import { createWorld, type Outcome, type World } from '../support/world.ts';

interface Listening extends AsyncDisposable {
  port: number;
}

async function start(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  // A server closes its HTTP connections, but not the two ends of a tunnel.
  server.on('connection', (socket: Socket) => sockets.add(socket));
  return {
    port: await listen(server),
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Omni behind TLS, with a self-signed certificate. */
function startTls({ omni }: World): Promise<Listening> {
  const server = createHttpsServer(localhostCertificate, (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const forwarded = request(omni.baseUrl + url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(forwarded);
  });
  return start(server);
}

/**
 * A proxy that records where it is asked to connect to, and always connects to the same port. `refuse` returns the
 * status of a refusal; null: none.
 */
async function startProxy(
  targetPort: number,
  refuse: (headers: IncomingHttpHeaders) => string | null = () => null,
): Promise<Listening & { asked: string[] }> {
  const asked: string[] = [];
  const server = createServer();
  server.on('connect', (message, client: Socket, head) => {
    asked.push(message.url ?? '');
    const status = refuse(message.headers);
    if (status !== null) {
      client.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const target = connect(targetPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      target.write(head);
      target.pipe(client);
      client.pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
  });
  return Object.assign(await start(server), { asked });
}

test('an audit reaches Omni through the proxy of HTTPS_PROXY, except for the hosts of NO_PROXY', async () => {
  await using world = await createWorld();
  await using tls = await startTls(world);
  await using proxy = await startProxy(tls.port);
  const certificate = join(world.folder, 'ca.pem');
  writeFileSync(certificate, localhostCertificate.cert);
  const env = {
    // Nothing listens on this port: only the proxy knows where Omni is.
    OMNI_BASE_URL: `https://localhost:${await closedPort()}`,
    HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
    NODE_EXTRA_CA_CERTS: certificate,
  };
  assert.equal((await world.run(['audit'], { env })).code, 0);
  assert.deepEqual([...new Set(proxy.asked)], [new URL(env.OMNI_BASE_URL).host]);
  assert.equal(world.inbox.mails.length, 1, 'the mail server is reached directly');
  const route = new RegExp(`^✓ organisation: .* reached through the proxy ${env.HTTPS_PROXY}`, 'm');
  assert.match((await world.run(['check'], { env })).stdout, route);

  proxy.asked.length = 0;
  const DATABASE_PATH = join(world.folder, 'direct.db');
  const direct = { ...env, OMNI_BASE_URL: `https://localhost:${tls.port}`, NO_PROXY: 'localhost', DATABASE_PATH };
  assert.equal((await world.run(['audit', '--dry-run'], { env: direct })).code, 0);
  assert.deepEqual(proxy.asked, []);

  const refused = await world.run(['audit'], { env: { ...env, HTTPS_PROXY: `127.0.0.1:${proxy.port}` } });
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /HTTPS_PROXY "127\.0\.0\.1:\d+": begin with http:\/\/, as in http:.*\n$/);
});

test('a proxy that refuses is named with its status and a hint, and its login works as the hint says', async () => {
  await using world = await createWorld();
  await using tls = await startTls(world);
  let status = '';
  const login = `Basic ${Buffer.from('jane:p@ss').toString('base64')}`;
  await using proxy = await startProxy(tls.port, (headers) =>
    headers['proxy-authorization'] === login ? null : status,
  );
  const certificate = join(world.folder, 'ca.pem');
  writeFileSync(certificate, localhostCertificate.cert);
  const env = {
    OMNI_BASE_URL: `https://localhost:${await closedPort()}`,
    OMNI_REQUESTS_PER_MINUTE: '6000',
    HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
    NODE_EXTRA_CA_CERTS: certificate,
  };
  const omniLines = async (): Promise<string> => {
    const { stdout } = await world.run(['check'], { env });
    return stdout.slice(stdout.search(/^. Omni: /m), stdout.search(/^. mail server: /m));
  };
  const failed = '✗ Omni: listing tokens, page 1, failed: could not reach Omni';
  status = '407 Proxy Authentication Required';
  assert.equal(
    await omniLines(),
    `${failed} (the proxy requires a login (407))\n    Set HTTPS_PROXY (or https_proxy, which takes precedence) to http://USER:PASSWORD@HOST:PORT, with a user name and a password that the proxy accepts\n`,
  );
  assert.equal(proxy.asked.length, 1);
  status = '429 slow\tdown';
  assert.equal(
    await omniLines(),
    `${failed} (the proxy answered 429: too many requests)\n    Ask the administrator of the proxy (HTTPS_PROXY) to let this machine reach the host of OMNI_BASE_URL\n`,
  );
  env.HTTPS_PROXY = `http://jane:p%40ss@127.0.0.1:${proxy.port}`;
  assert.match(await omniLines(), /^✓ Omni: /);
});

describe('the OAuth secrets of the mail server', { concurrency: 2 }, () => {
  /** Runs the command at the most verbose log level, with secrets in files next to the database. */
  async function runWithSecrets(world: World, tokenUrl: string, port: number, command: string): Promise<Outcome> {
    writeFileSync(join(world.folder, 'secret.txt'), `${clientSecret}\n`);
    writeFileSync(join(world.folder, 'refresh.txt'), `${refreshToken}\n`);
    return await world.run([command], {
      env: {
        LOG_LEVEL: 'trace',
        SMTP_PORT: String(port),
        SMTP_USERNAME: mailbox,
        SMTP_OAUTH_TOKEN_URL: tokenUrl,
        SMTP_OAUTH_CLIENT_ID: 'some-client',
        SMTP_OAUTH_CLIENT_SECRET_FILE: 'secret.txt',
        SMTP_OAUTH_REFRESH_TOKEN_FILE: 'refresh.txt',
      },
    });
  }

  function assertNothingLeaked(world: World, { stdout, stderr }: Outcome, mails: string[]): void {
    const files = readdirSync(world.folder).filter((name) => !name.endsWith('.txt'));
    const places = [stdout, stderr, ...mails, ...files.map((name) => readFileSync(join(world.folder, name)))];
    for (const place of places) for (const form of secretForms) assert.ok(!place.includes(form), form);
  }

  test('let the test mail through, and appear nowhere', async () => {
    await using endpoint = await startTokenEndpoint();
    await using smtp = await startOAuthSmtpServer();
    await using world = await createWorld();
    const outcome = await runWithSecrets(world, endpoint.url, smtp.port, 'send-test');
    assert.equal(outcome.stdout, 'Mail: 1 sent, 0 waiting, 0 parked.\n', outcome.stderr);
    assert.deepEqual(smtp.logins, [{ username: mailbox, accessToken: 'token-1' }]);
    assertNothingLeaked(world, outcome, smtp.mails);
    const checked = await runWithSecrets(world, endpoint.url, smtp.port, 'check');
    assert.match(
      checked.stdout,
      /^✓ mail server: 127\.0\.0\.1:\d+ is ready \(none, logged in\) and accepts mail from audit@acme\.example$/m,
    );
    assertNothingLeaked(world, checked, []);
  });

  test('appear nowhere when the endpoint refuses them: `check` gives the hint, and mail waits', async () => {
    await using endpoint = await startTokenEndpoint(refuse('invalid_grant'));
    await using smtp = await startOAuthSmtpServer();
    await using world = await createWorld();
    const checked = await runWithSecrets(world, endpoint.url, smtp.port, 'check');
    assert.equal(checked.code, 1);
    assert.match(
      checked.stdout,
      /✗ mail server: SMTP_OAUTH_TOKEN_URL .* answered 400: invalid_grant\n {4}Create a new SMTP_OAUTH_REF/,
    );
    assertNothingLeaked(world, checked, []);
    const sent = await runWithSecrets(world, endpoint.url, smtp.port, 'send-test');
    assert.equal(sent.code, 3);
    assertNothingLeaked(world, sent, []);
  });
});
