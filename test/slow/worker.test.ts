import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startHttpServer } from '../support/http-server.ts';
import { closedPort } from '../support/listen.ts';
import { apiToken } from '../support/omni-api.ts';
import { projectRoot } from '../support/project-files.ts';
import { startSilentSmtpServer } from '../support/silent-smtp.ts';
import { createUnattended, createWatchedWorld } from '../support/unattended.ts';
import { startWorker } from '../support/worker-process.ts';
import { createWorld, holdNextRequest, parseMail, startSimulator, type World } from '../support/world.ts';
import { makeToken } from '../support/world-tokens.ts';

const crashing = import.meta.resolve('../support/crash-at-request.ts');

/** Fails if the write-ahead log holds changes that the database file does not have. */
function assertCheckpointed(world: World): void {
  assert.equal(statSync(`${world.databasePath}-wal`, { throwIfNoEntry: false })?.size ?? 0, 0);
}

async function runStatuses(world: World): Promise<string[]> {
  return (await world.query('runs')).map(({ status }: { status: string }) => status);
}

describe('the worker', { concurrency: 2 }, () => {
  test('audits at every tick and not earlier, and prints only JSON lines', async () => {
    await using world = await createWorld();
    const worker = startWorker(world, { env: { AUDIT_CRON: '*/3 * * * * *' } });
    for (let audit = 1; audit <= 3; audit += 1) await worker.line('audit complete');
    const { code, stdout, stderr } = await worker.stop();
    assert.deepEqual([code, stderr], [0, '']);
    for (const line of stdout.trimEnd().split('\n')) {
      const { level, time, msg } = JSON.parse(line);
      assert.ok(level && time && msg, line);
    }
    for (const [index, { msg, at }] of worker.lines.entries()) {
      if (msg !== 'next audit') continue;
      assert.equal(Date.parse(at) % 3000, 0, `${at} is not a tick`);
      const due = worker.lines.slice(index).find((line) => line.msg === 'an audit is due');
      assert.ok(due === undefined || due.time >= at, `due at ${due?.time}, before ${at}`);
    }
    assert.equal(world.inbox.mails.length, 1);
  });

  test('audits once at its first start, reports to the watchdog, and does not audit again after a restart', async () => {
    await using watchdog = await startHttpServer((response) => response.end('OK'));
    await using world = await createWorld({ env: { HEARTBEAT_URL: `${watchdog.baseUrl}/ping/secret` } });
    const first = startWorker(world, { env: { AUDIT_TIMEZONE: 'Europe/Berlin' } });
    const started = await first.line('worker started');
    assert.deepEqual([started.timeZone, started.databasePath], ['Europe/Berlin', world.databasePath]);
    const next = await first.line('next audit');
    assert.match(next.at, /^\d{4}-12-31T23:00:00\.000Z$/);
    assert.equal((await world.run(['healthcheck', '--live'])).code, 0);
    const { code, stdout } = await first.stop();
    assert.equal(code, 0);
    assert.deepEqual(
      watchdog.requests.map(({ url }) => url),
      ['/ping/secret/start', '/ping/secret'],
    );
    assert.doesNotMatch(stdout, /secret/);
    const second = startWorker(world, { env: { AUDIT_TIMEZONE: 'Europe/Berlin' } });
    assert.equal((await second.line('next audit')).at, next.at);
    await second.stop('SIGINT');
    assert.deepEqual(await runStatuses(world), ['complete']);
  });

  test('uses a rotated token for its next audit', async () => {
    await using world = await createWorld();
    const file = join(world.folder, 'token');
    await writeFile(file, 'revoked\n');
    const worker = startWorker(world, {
      env: { OMNI_API_TOKEN: undefined, OMNI_API_TOKEN_FILE: file, AUDIT_CRON: '*/2 * * * * *' },
    });
    await worker.line('audit failed');
    await writeFile(file, `${apiToken}\n`);
    await worker.line('audit complete');
    const { code, stdout } = await worker.stop();
    assert.equal(code, 0);
    assert.ok(!stdout.includes(apiToken));
  });

  test('reads .env again for each audit, and reports an invalid one through the last valid mail settings', async () => {
    await using world = await createWorld();
    const write = (...lines: string[]): Promise<void> => writeFile(join(world.folder, '.env'), lines.join('\n'));
    await write('MAIL_TO=first@acme.example');
    const worker = startWorker(world, {
      env: { MAIL_TO: undefined, FAILURE_ALERT_AFTER_MINUTES: '0', AUDIT_CRON: '*/2 * * * * *' },
    });
    await worker.line('mail sent');
    await write('MAIL_TO=second@acme.example', 'DIGEST_WHEN=always', 'LOG_LEVEL=debug');
    assert.equal(
      (await worker.line('the setting has changed; the new value takes effect after a restart')).variable,
      'LOG_LEVEL',
    );
    await worker.line('mail sent');
    await write('MAIL_TO=nobody', 'SMTP_PASSWORD=abc#def');
    assert.match(
      (await worker.line('audit failed')).err.message,
      /line 2, SMTP_PASSWORD: the text after "#"(.|\n)*MAIL_TO "nobody"/,
    );
    await worker.line('mail sent');
    assert.equal((await worker.stop()).code, 0);
    const { subject } = await parseMail(world.inbox.mails.at(-1));
    assert.match(String(subject), /audit failing since/);
    assert.deepEqual(
      [world.inbox.mails.at(0), world.inbox.mails.at(-1)].map((mail) => mail?.to),
      [['first@acme.example'], ['second@acme.example']],
    );
  });

  test('makes `audit` fail while it audits, and waits while `audit` is running', async () => {
    await using world = await createWorld();
    const heldWorker = holdNextRequest(world.omni);
    const worker = startWorker(world, { env: { AUDIT_CRON: '*/2 * * * * *' } });
    await heldWorker.reached;
    assert.equal((await world.run(['audit'])).code, 4);
    heldWorker.release();
    await worker.stop();

    const heldAudit = holdNextRequest(world.omni);
    const manual = world.start(['audit']);
    await heldAudit.reached;
    const next = startWorker(world, { env: { AUDIT_CRON: '*/2 * * * * *' } });
    assert.equal((await next.line('another process is running an audit')).level, 'info');
    heldAudit.release();
    assert.equal((await manual.outcome).code, 0);
    await next.line('audit complete');
    assert.equal((await next.stop()).code, 0);
  });

  test('sends mail for a former recipient to the present one, and logs it', async () => {
    await using world = await createWorld({ env: { MAIL_TO: 'former@acme.example' } });
    assert.equal((await world.run(['audit'], { env: { SMTP_PORT: String(await closedPort()) } })).code, 3);
    const worker = startWorker(world, { env: { MAIL_TO: 'new@acme.example' } });
    const line = await worker.line('mail redirected: MAIL_TO has changed, and nobody had received it');
    assert.equal(line.recipient, 'new@acme.example');
    await worker.line('mail sent');
    await worker.stop();
    assert.deepEqual(
      world.inbox.mails.map(({ to }) => to),
      [['new@acme.example']],
    );
  });

  test('reports success to the watchdog when it delivers waiting mail later', async () => {
    const stop = new AbortController();
    await using watchdog = await startHttpServer((response, _count, { url }) => {
      response.end('OK');
      if (url.endsWith('/fail')) unattended.world.env.SMTP_PORT = String(unattended.world.inbox.port);
      if (url === '/ping') stop.abort(new Error('the success was reported'));
    });
    await using unattended = await createUnattended({
      env: {
        HEARTBEAT_URL: `${watchdog.baseUrl}/ping`,
        AUDIT_CRON: '0 0 1 1 *',
        SMTP_PORT: String(await closedPort()),
      },
    });
    await unattended.app.start(AbortSignal.any([stop.signal, AbortSignal.timeout(15_000)]));
    assert.deepEqual(
      watchdog.requests.map(({ url }) => url),
      ['/ping/start', '/ping/fail', '/ping'],
    );
    assert.equal(unattended.world.inbox.mails.length, 1);
  });
});

describe('a worker that is stopped', { concurrency: 2 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`by ${signal} to ./omni-token-audit ends with 0, since the shell has become the program`, async () => {
      await using world = await createWorld();
      const worker = startWorker(world, { prelude: `shift 2; set -- '${join(projectRoot, 'omni-token-audit')}' "$@"` });
      await worker.line('next audit');
      assert.equal((await worker.stop(signal)).code, 0);
    });
  }

  test('while it waits ends with 0 and leaves no changes in the write-ahead log', async () => {
    await using world = await createWorld();
    const worker = startWorker(world);
    await worker.line('next audit');
    assert.equal((await worker.stop()).code, 0);
    assert.equal(worker.lines.at(-1)?.msg, 'worker stopped');
    assertCheckpointed(world);
  });

  test('in the middle of a listing ends with 0, mails nothing, and audits at once when it starts again', async () => {
    await using world = await createWatchedWorld();
    const held = holdNextRequest(world.omni);
    const worker = startWorker(world, { env: { AUDIT_CRON: '* * * * * *' } });
    await held.reached;
    assert.equal((await worker.stop()).code, 0);
    held.release();
    assert.equal((await runStatuses(world))[0], 'interrupted');
    const next = startWorker(world);
    assert.equal((await next.line('an audit is due')).trigger, 'retry');
    await next.line('audit complete');
    await next.stop();
    assert.equal(world.inbox.mails.length, 0);
  });

  test('in the middle of an SMTP dialogue ends with 0, and the mail waits', async () => {
    await using world = await createWorld();
    await using smtp = await startSilentSmtpServer();
    const worker = startWorker(world, { env: { SMTP_PORT: String(smtp.port) } });
    await smtp.spokenTo;
    assert.equal((await worker.stop()).code, 0);
    const [mail] = await world.query('mail');
    assert.equal(mail.deliveries[0].status, 'pending');
    assert.deepEqual(await runStatuses(world), ['complete']);
    assertCheckpointed(world);
  });

  test('while the watchdog does not answer ends with 0 at once', async () => {
    await using world = await createWorld();
    const reached = Promise.withResolvers<void>();
    await using watchdog = await startHttpServer(() => reached.resolve());
    const worker = startWorker(world, { env: { HEARTBEAT_URL: `${watchdog.baseUrl}/ping` } });
    await reached.promise;
    assert.equal((await worker.stop()).code, 0);
    // Not the timeout of the heartbeat, which would be ten seconds.
    assert.equal((await worker.line('the heartbeat could not be sent')).error, 'InterruptedError');
  });

  test('by SIGTERM after SIGUSR1 has opened no debugger for other accounts', async () => {
    await using world = await createWatchedWorld();
    const worker = startWorker(world);
    await worker.line('next audit');
    worker.child.kill('SIGUSR1');
    const { code, stderr } = await worker.stop();
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('by a second signal ends even if something hangs', async () => {
    await using world = await createWorld();
    const endless = `--import data:text/javascript,${encodeURIComponent('setInterval(() => {}, 60_000)')}`;
    const worker = startWorker(world, { env: { NODE_OPTIONS: endless } });
    await worker.line('next audit');
    worker.child.kill('SIGTERM');
    await worker.line('worker stopped');
    assert.equal((await worker.stop('SIGTERM')).signal, 'SIGTERM');
  });

  test('by SIGKILL needs no repair: the next worker audits and marks the run as interrupted', async () => {
    await using world = await createWorld();
    const held = holdNextRequest(world.omni);
    const first = startWorker(world);
    await held.reached;
    assert.equal((await first.stop('SIGKILL')).signal, 'SIGKILL');
    held.release();
    const second = startWorker(world);
    await second.line('next audit');
    await second.stop();
    assert.deepEqual(await runStatuses(world), ['complete', 'interrupted']);
    assert.equal(world.inbox.mails.length, 1);
  });

  test('by an unhandled rejection ends cleanly with 1 and logs the defect', async () => {
    await using world = await createWorld();
    const worker = startWorker(world, { env: { NODE_OPTIONS: `--import ${crashing}`, CRASH_KIND: 'rejection' } });
    await worker.line('worker stopped');
    assert.equal((await worker.outcome).code, 1);
    const last = worker.lines.at(-1);
    assert.deepEqual([last.level, last.err.message], ['fatal', 'a defect of this program']);
  });
});

describe('the worker refuses to start', { concurrency: 2 }, () => {
  test('with wrong settings, and logs all of them in one fatal line', async () => {
    await using world = await createWorld();
    const settings = { AUDIT_CRON: '61 * * * *', AUDIT_TIMEZONE: 'Europe/Atlantis', SMTP_PORT: '0', MAIL_TO: 'nobody' };
    const { code, stdout } = await startWorker(world, { env: settings }).outcome;
    assert.equal(code, 2);
    const line = JSON.parse(stdout);
    assert.equal(line.level, 'fatal');
    for (const name of Object.keys(settings)) assert.ok(line.err.message.includes(name), name);
    assert.equal(world.omni.requests.length, 0);
  });

  test('with the database of another organisation, or a folder that cannot hold a database', async () => {
    await using world = await createWatchedWorld();
    await using other = await startSimulator([makeToken(1)]);
    const foreign = await startWorker(world, { env: { OMNI_BASE_URL: other.baseUrl } }).outcome;
    assert.equal(foreign.code, 2);
    assert.match(foreign.stdout, /check --adopt-url/);
    assert.equal(other.requests.length, 0);
    const DATABASE_PATH = join(world.databasePath, 'audit.db');
    assert.equal((await startWorker(world, { env: { DATABASE_PATH } }).outcome).code, 2);
  });
});
