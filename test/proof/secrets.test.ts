import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createHeartbeat } from '../../src/audit/heartbeat.ts';
import { Secret } from '../../src/config/secret.ts';
import { createLogger } from '../../src/logging.ts';
import { requestToken } from '../../src/mail/oauth-token.ts';
import { closedPort, listen } from '../support/listen.ts';
import { localhostCertificate } from '../support/localhost-certificate.ts';
import { noAbort } from '../support/no-abort.ts';
import { someOmniHttp } from '../support/omni-api.ts';
import { holdNextRequest } from '../support/world.ts';
import { canaries, leaksIn } from './support/secret-canaries.ts';
import { createSecretWorld, omniEchoes } from './support/secret-world.ts';

const crashing = import.meta.resolve('../support/crash-at-request.ts');
/** A umask that would let everybody read and write what the program creates. */
const unmasked = { prelude: 'umask 000' };

describe('no secret is printed, logged, stored or mailed', { concurrency: 3 }, () => {
  test('by any command, when nothing fails', async () => {
    await using secret = await createSecretWorld();
    const { world, smtp, run, soon } = secret;
    assert.equal((await run('audit')).code, 0);
    world.tokens.pop();
    assert.equal((await run('audit --format json')).code, 0);
    const preview = `preview --html ${join(world.folder, 'preview.html')}`;
    const queries = ['status', 'runs', 'tokens', 'findings', 'mail', 'preview', preview, 'healthcheck', 'mail --retry'];
    await Promise.all(['check', 'send-test', `backup ${join(world.folder, 'copy.db')}`].map((line) => run(line)));
    for (const line of queries) await soon(line);
    assert.equal((await run('audit --dry-run')).code, 0);
    assert.equal(smtp.accepted.length, 3);
    assert.deepEqual(await secret.leaks(), []);
  });

  for (const [login, byFile] of [
    ['PLAIN', false],
    ['LOGIN', true],
    ['XOAUTH2', true],
  ] as const) {
    test(`when the mail server repeats the login in its refusals (${login}, by ${byFile ? 'file' : 'variable'})`, async () => {
      await using secret = await createSecretWorld(login, byFile);
      const { smtp, soon, world } = secret;
      assert.equal((await soon('audit')).code, 0);
      assert.equal(smtp.accepted.length, 1);
      smtp.refusedStep = 'AUTH';
      world.tokens.pop();
      assert.equal((await soon('audit')).code, 3);
      for (const line of ['check', 'mail', 'mail --format json']) await soon(line);
      for (const step of ['EHLO', 'MAIL', 'RCPT', 'content'] as const) {
        smtp.refusedStep = step;
        await soon('send-test');
        if (step === 'RCPT' || step === 'content') await soon('mail');
      }
      assert.deepEqual(await secret.leaks(), []);
    });
  }

  test('when Omni or a proxy repeats the token', async () => {
    await using secret = await createSecretWorld();
    for (const [what, intercept] of Object.entries(omniEchoes)) {
      secret.world.omni.intercept = intercept;
      assert.equal((await secret.soon('audit')).code, 1, what);
      if (what.includes('refuses')) await secret.soon('check');
    }
    assert.ok(secret.smtp.accepted.length > 0, 'the failure is mailed');
    for (const line of ['runs', 'status', 'mail', 'healthcheck']) await secret.soon(line);
    assert.deepEqual(await secret.leaks(), []);
  });

  test('when the token endpoint repeats what it was sent', async () => {
    await using secret = await createSecretWorld('XOAUTH2');
    const echoes: ((form: string) => [status: number, type: string, body: string])[] = [
      (form) => [400, 'application/json', JSON.stringify({ error: form, error_description: form })],
      (form) => [400, 'application/json', JSON.stringify({ error: canaries.SMTP_OAUTH_CLIENT_SECRET, form })],
      (form) => [200, 'text/html', `<pre>${form}</pre>`],
      (form) => [200, 'application/json', JSON.stringify({ token_type: form, access_token: form })],
    ];
    for (const [index, echo] of echoes.entries()) {
      secret.answers.token = (response, _count, form) => {
        const [status, type, body] = echo(JSON.stringify(form));
        response.writeHead(status, `no ${encodeURIComponent(body)}`, { 'content-type': type }).end(body);
      };
      await secret.soon(index === 0 ? 'check' : 'send-test');
    }
    await secret.soon('mail');
    assert.deepEqual(await secret.leaks(), []);
  });

  test('when the watchdog fails or cannot be reached', async () => {
    await using secret = await createSecretWorld();
    secret.answers.heartbeat = (response) => void response.writeHead(404).end(response.req.url);
    assert.equal((await secret.run('audit')).code, 0);
    const env = { HEARTBEAT_URL: `http://127.0.0.1:${await closedPort()}/${canaries.HEARTBEAT_URL}` };
    const unreached = await secret.soon('audit', env);
    assert.equal(unreached.code, 0);
    assert.match(unreached.stderr, /the heartbeat could not be sent/);
    assert.deepEqual(await secret.leaks(), []);
  });

  for (const [kind, command] of [
    ['exception', 'audit'],
    ['exception', 'start'],
    ['rejection', 'start'],
    ['rejection without an error', 'audit'],
  ] as const) {
    test(`when \`${command}\` crashes with an unexpected ${kind} that contains a request`, async () => {
      await using secret = await createSecretWorld();
      const env = { NODE_OPTIONS: `--import ${crashing}`, CRASH_KIND: kind };
      const outcome = await secret.run(command, env);
      assert.notEqual(outcome.code, 0);
      assert.match(outcome.stdout + outcome.stderr, /a (defect of|bug in) this program|\[object Object\]/);
      assert.deepEqual(await secret.leaks(), []);
    });
  }

  test('by a worker that is stopped during an audit, and none is on its command line', async () => {
    await using secret = await createSecretWorld();
    const held = holdNextRequest(secret.world.omni);
    const { child, outcome } = secret.world.start(['start']);
    await held.reached;
    const commandLine = `/proc/${child.pid}/cmdline`;
    if (existsSync(commandLine)) assert.deepEqual(leaksIn('the command line', readFileSync(commandLine)), []);
    child.kill('SIGTERM');
    held.release();
    secret.outcomes.start = await outcome;
    assert.equal(secret.outcomes.start.code, 0);
    assert.deepEqual(await secret.leaks(), []);
  });
});

test('a server gets no secret unless its certificate is trusted', async (context) => {
  const arrived = new Set<string>();
  const server = createServer(localhostCertificate, ({ url = '' }, response) => {
    arrived.add(url);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const baseUrl = `https://localhost:${await listen(server, 0, 'localhost')}`;
  const client = { clientId: 'id', clientSecret: new Secret('secret'), refreshToken: null, scope: null };
  const askAll = () =>
    Promise.allSettled([
      someOmniHttp(baseUrl).get('omni', 'asking', noAbort),
      requestToken({ ...client, tokenUrl: `${baseUrl}/token` }, noAbort),
      createHeartbeat(new Secret(`${baseUrl}/watchdog`), createLogger('silent'))('success', noAbort),
    ]);
  await askAll();
  assert.deepEqual([...arrived], []);

  const before = getCACertificates('default');
  context.after(() => setDefaultCACertificates(before));
  setDefaultCACertificates([...before, localhostCertificate.cert]);
  await askAll();
  assert.deepEqual([...arrived].sort(), ['/omni', '/token', '/watchdog']);
});

test('only the owner can read any file, whatever the umask', async () => {
  await using secret = await createSecretWorld();
  const { world } = secret;
  world.env.DATABASE_PATH = join(world.folder, 'data', 'audit.db');
  const files = join(world.folder, 'data');
  const isHeld = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  world.omni.intercept = async () => {
    isHeld.resolve();
    await release.promise;
    return false;
  };
  const { child: worker, outcome: ended } = world.start(['start'], unmasked);
  await isHeld.promise;
  const modes = (): Record<string, string> => {
    const names = ['.', ...readdirSync(files)];
    return Object.fromEntries(names.map((name) => [name, (statSync(join(files, name)).mode & 0o777).toString(8)]));
  };
  const { '.': folder, ...open } = modes();
  assert.equal(folder, '700');
  assert.deepEqual([...new Set(Object.values(open))], ['600']);
  for (const name of ['audit.db-wal', 'audit.db.lock', 'audit.db.worker']) assert.ok(name in open, name);
  release.resolve();
  worker.kill('SIGTERM');
  await ended;

  const lines = [['audit'], ['backup', join(files, 'copy.db')], ['preview', '--html', join(files, 'preview.html')]];
  for (const line of lines) await world.run(line, unmasked);
  const left = ['audit.db', 'audit.db.lock', 'copy.db', 'preview.html'];
  assert.deepEqual(modes(), { '.': '700', ...Object.fromEntries(left.map((name) => [name, '600'])) });
});
