import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { closedPort } from '../../support/listen.ts';
import { localhostCertificate } from '../../support/localhost-certificate.ts';
import { holdNextRequest } from '../../support/world.ts';
import { canaries, leaksIn } from '../support/secret-canaries.ts';
import { modesIn, untrustworthy } from '../support/secret-files.ts';
import type { RefusedStep } from '../support/secret-servers.ts';
import { allServers, distrustfulConfigs, startSelfSignedServers } from '../support/secret-tls.ts';
import { createSecretWorld, omniEchoes } from '../support/secret-world.ts';

const crashing = fileURLToPath(new URL('../../support/crash-at-request.ts', import.meta.url));
/** A mask that would let everybody read and write what the program makes. */
const unmasked = { prelude: 'umask 000' };
const marker = 'the-end-of-a-long-body';
const longBody = `${'x'.repeat(100_000)}${marker}`;

describe('no secret is printed, logged, stored or mailed', { concurrency: 3 }, () => {
  test('by any command, when all goes well', async () => {
    await using secret = await createSecretWorld();
    const { world, smtp, run, soon } = secret;
    assert.equal((await run('audit')).code, 0);
    world.tokens.pop();
    assert.equal((await run('audit --format json')).code, 0);
    const preview = `preview --html ${join(world.folder, 'preview.html')}`;
    const looks = ['status', 'runs', 'tokens', 'findings', 'mail', 'preview', preview, 'healthcheck', 'mail --retry'];
    await Promise.all(['check', 'send-test', `backup ${join(world.folder, 'copy.db')}`].map((line) => run(line)));
    for (const line of looks) await soon(line);
    assert.equal((await run('audit --dry-run')).code, 0);
    assert.ok(smtp.loginCount >= 4 && smtp.mails.length === 3);
    assert.deepEqual(await secret.leaks(), []);
  });

  for (const [login, byFile] of [
    ['LOGIN', true],
    ['XOAUTH2', true],
    ['XOAUTH2', false],
  ] as const) {
    test(`when they come by ${byFile ? 'file' : 'variable'}, with ${login}`, async () => {
      await using secret = await createSecretWorld(login, byFile);
      assert.equal((await secret.soon('audit')).code, 0);
      assert.equal(secret.smtp.mails.length, 1);
      await secret.soon('check');
      assert.deepEqual(await secret.leaks(), []);
    });
  }

  for (const login of ['PLAIN', 'LOGIN', 'XOAUTH2'] as const) {
    test(`when the mail server repeats the log-in in its refusals, with ${login}`, async () => {
      await using secret = await createSecretWorld(login);
      secret.smtp.refusesAt = 'AUTH';
      const { run, soon } = secret;
      assert.equal((await (login === 'PLAIN' ? run : soon)('audit')).code, 3);
      for (const line of ['check', 'mail', 'mail --format json']) await soon(line);
      for (const step of ['EHLO', 'MAIL', 'RCPT', 'DATA'] satisfies RefusedStep[]) {
        secret.smtp.refusesAt = step;
        await soon('send-test');
        if (step === 'RCPT' || step === 'DATA') await soon('mail');
      }
      assert.deepEqual(await secret.leaks(), []);
    });
  }

  test('when Omni, or whatever answers in its place, repeats the token', async () => {
    await using secret = await createSecretWorld();
    for (const [what, intercept] of Object.entries(omniEchoes)) {
      secret.world.omni.intercept = intercept;
      const isFirst = what.includes('refuses');
      assert.equal((await (isFirst ? secret.run : secret.soon)('audit')).code, 1, what);
      if (isFirst) await secret.soon('check');
    }
    assert.ok(secret.smtp.mails.length > 0, 'the failure is mailed');
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

  test('when the watchdog fails, or cannot be reached', async () => {
    await using secret = await createSecretWorld();
    secret.answers.heartbeat = (response) => void response.writeHead(404).end(response.req.url);
    assert.equal((await secret.run('audit')).code, 0);
    const env = { HEARTBEAT_URL: `http://127.0.0.1:${await closedPort()}/${canaries.HEARTBEAT_URL}` };
    const unreached = await secret.soon('audit', env);
    assert.equal(unreached.code, 0);
    assert.match(unreached.stderr, /the heartbeat could not be sent/);
    assert.deepEqual(await secret.leaks(), []);
  });

  test('when the configuration is refused', async () => {
    await using secret = await createSecretWorld();
    const { OMNI_API_TOKEN: token, SMTP_PASSWORD: password, HEARTBEAT_URL: path } = canaries;
    const refused: Record<string, string | undefined>[] = [
      { OMNI_API_TOKEN_FILE: '/somewhere' },
      { OMNI_API_TOKEN: `${token}\n${password}` },
      { OMNI_API_TOKEN: `“${token}”` },
      { SMTP_PASSWORD: `${password}\n` },
      { SMTP_USERNAME: undefined },
      { SMTP_OAUTH_CLIENT_SECRET: canaries.SMTP_OAUTH_CLIENT_SECRET },
      { HEARTBEAT_URL: `ftp://acme.example/${path}` },
      { OMNI_BASE_URL: `https://user:${encodeURIComponent(token)}@acme.omniapp.co` },
      { OMNI_BASE_URL: `https://${token}:@acme.omniapp.co` },
      { SMTP_OAUTH_TOKEN_URL: `https://user:${encodeURIComponent(password)}@login.example/token` },
    ];
    for (const [index, env] of refused.entries()) {
      const outcome = await (index === 0 ? secret.run : secret.soon)(index % 2 === 0 ? 'audit' : 'check', env);
      assert.equal(outcome.code, 2, outcome.stderr);
      assert.match(outcome.stdout + outcome.stderr, new RegExp(Object.keys(env)[0] ?? ''));
      assert.doesNotMatch(outcome.stderr, /\n\s+at /);
    }
    assert.deepEqual(await secret.leaks(), []);
  });

  for (const [kind, command] of [
    ['exception', 'audit'],
    ['exception', 'start'],
    ['rejection', 'start'],
    ['no error', 'audit'],
  ] as const) {
    test(`when \`${command}\` crashes by an unforeseen ${kind} that carries a request`, async () => {
      await using secret = await createSecretWorld();
      const env = { NODE_OPTIONS: `--import ${crashing}`, CRASH_KIND: kind };
      const outcome = await secret.run(command, env);
      assert.notEqual(outcome.code, 0);
      assert.match(outcome.stdout + outcome.stderr, /a defect of this program|\[object Object\]/);
      assert.deepEqual(await secret.leaks(), []);
    });
  }

  test('by a worker that is stopped in the middle, nor on its command line', async () => {
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

test('no error body is logged, stored or mailed whole', async () => {
  await using secret = await createSecretWorld('XOAUTH2');
  const { world, smtp, answers, soon } = secret;
  await soon('audit');
  const good = answers.token;
  for (const [status, type] of [
    [403, 'application/json'],
    [404, 'text/html'],
    [200, 'text/plain'],
  ] as const) {
    world.omni.intercept = (_request, response) => {
      response.writeHead(status, { 'Content-Type': type }).end(longBody);
      return true;
    };
    answers.heartbeat = (response) => void response.writeHead(404).end(longBody);
    assert.equal((await soon('audit')).code, 1);
  }
  world.omni.intercept = undefined;
  answers.token = (response) => void response.writeHead(400).end(JSON.stringify({ error: longBody }));
  assert.equal((await soon('send-test')).code, 3);
  answers.token = good;
  smtp.refusal = longBody;
  smtp.refusesAt = 'RCPT';
  assert.equal((await soon('send-test')).code, 3);
  await soon('mail');
  const { databasePath } = world;
  const bytes = [databasePath, `${databasePath}-wal`].filter(existsSync).map((path) => readFileSync(path, 'latin1'));
  const printed = Object.values(secret.outcomes).flatMap(({ stdout, stderr }) => [stdout, stderr]);
  for (const each of [...bytes, ...printed, ...smtp.mails]) {
    assert.ok(!each.includes(marker) && !each.includes('x'.repeat(1000)), 'a body of 100 KB was kept');
  }
});

describe('certificates are verified', () => {
  test('whatever our variables say', async (context) => {
    await using servers = await startSelfSignedServers();
    const configs = distrustfulConfigs(servers.env);
    assert.ok(configs.length >= 4, `${configs.length} configurations`);
    const answers = configs.map(async ({ name, config }) => [name, await servers.trusted(config)]);
    assert.deepEqual(
      await Promise.all(answers),
      configs.map(({ name }) => [name, []]),
    );

    const before = getCACertificates('default');
    context.after(() => setDefaultCACertificates(before));
    setDefaultCACertificates([...before, localhostCertificate.cert]);
    const [{ config } = assert.fail()] = configs;
    assert.deepEqual(await servers.trusted(config), allServers, 'or nothing was proved');
  });
});

test('all files are for their owner alone, whatever the mask of the process', async () => {
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
  const { '.': folder, ...open } = modesIn(files);
  const names = [
    'audit.db',
    'audit.db-shm',
    'audit.db-wal',
    'audit.db.lock',
    'audit.db.lock-journal',
    'audit.db.worker',
  ];
  assert.equal(folder, '700');
  assert.deepEqual(open, Object.fromEntries(names.map((name) => [name, '600'])));
  release.resolve();
  worker.kill('SIGTERM');
  await ended;

  const lines = [['audit'], ['backup', join(files, 'copy.db')], ['preview', '--html', join(files, 'preview.html')]];
  for (const line of lines) await world.run(line, unmasked);
  const left = ['audit.db', 'audit.db.lock', 'copy.db', 'preview.html'];
  assert.deepEqual(modesIn(files), { '.': '700', ...Object.fromEntries(left.map((name) => [name, '600'])) });
});

test('what is installed is what was locked, under its own name and by its hash, and runs no script but that of Node', () => {
  const root = new URL('../../../', import.meta.url);
  const lock = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8'));
  const { dependencies, devDependencies, allowScripts } = JSON.parse(
    readFileSync(new URL('package.json', root), 'utf8'),
  );
  assert.ok(Object.keys(lock.packages).length > 50);
  assert.deepEqual(untrustworthy(lock.packages), []);
  const versions = Object.values<string>({ ...dependencies, ...devDependencies });
  assert.deepEqual(
    versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version)),
    [],
  );
  const allowed = Object.keys(allowScripts).filter((name) => allowScripts[name] === true);
  assert.deepEqual(allowed, ['node']);
});

test('a lock file with another source, name or script, or without a hash, is not trusted', () => {
  const locked = { integrity: `sha512-${'A'.repeat(86)}==` };
  const untrusted = untrustworthy({
    '': {},
    'node_modules/right': locked,
    'node_modules/right/node_modules/nested': {
      ...locked,
      resolved: 'https://registry.npmjs.org/nested/-/nested-1.0.0.tgz',
    },
    'node_modules/elsewhere': { ...locked, resolved: 'https://packages.example/elsewhere/-/elsewhere-1.0.0.tgz' },
    'node_modules/swapped': { ...locked, resolved: 'https://registry.npmjs.org/other/-/other-1.0.0.tgz' },
    'node_modules/alias': { ...locked, name: 'other' },
    'node_modules/unhashed': {},
    'node_modules/weak': { integrity: 'sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=' },
    'node_modules/linked': { ...locked, link: true },
    'packages/own': locked,
    'node_modules/scripted': { ...locked, hasInstallScript: true },
    'node_modules/node': { ...locked, hasInstallScript: true },
  });
  assert.deepEqual(untrusted, [
    'node_modules/elsewhere comes from https://packages.example/elsewhere/-/elsewhere-1.0.0.tgz',
    'node_modules/swapped comes from https://registry.npmjs.org/other/-/other-1.0.0.tgz',
    'node_modules/alias is other',
    'node_modules/unhashed has no sha512',
    'node_modules/weak has no sha512',
    'node_modules/linked is a folder',
    'packages/own is a folder',
    'node_modules/scripted runs a script',
  ]);
});
