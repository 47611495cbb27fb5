import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { closedPort } from '../support/listen.ts';
import { answer } from '../support/omni-answers.ts';
import { apiToken } from '../support/omni-api.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { startWorker } from '../support/worker-process.ts';
import { createWorld, holdNextRequest, startSimulator } from '../support/world.ts';
import { makeToken } from '../support/world-tokens.ts';

const msPerMinute = 60_000;

describe('start', { concurrency: 2 }, () => {
  test('audits at every tick, and prints nothing but JSON lines', async () => {
    await using world = await createWorld();
    const worker = startWorker(world, { env: { AUDIT_CRON: '*/3 * * * * *' } });
    for (let audit = 1; audit <= 3; audit += 1) await worker.line('audit complete');
    for (let announced = 1; announced <= 2; announced += 1) await worker.line('next audit');
    const outcome = await worker.stop();
    assert.equal(outcome.code, 0, outcome.stdout);
    assert.equal(outcome.stderr, '');
    for (const line of outcome.stdout.trimEnd().split('\n')) {
      const { level, time, msg } = JSON.parse(line);
      assert.ok(level && time && msg, line);
    }
    // On a busy machine a fourth may have begun, and the stop has interrupted it.
    const runs = (await world.look('runs')).toReversed().slice(0, 3);
    const due = worker.lines.filter(({ msg }) => msg === 'an audit is due');
    assert.equal(runs.length, 3);
    for (const [index, { trigger, status, startedAt }] of runs.entries()) {
      assert.deepEqual([trigger, status], ['schedule', 'complete']);
      assert.ok(startedAt >= due[index].time, `${startedAt} was not due`);
    }
    // None is early: the first that is due after an announcement has waited for its tick.
    for (const [index, { msg, at }] of worker.lines.entries()) {
      if (msg !== 'next audit') continue;
      assert.equal(Date.parse(at) % 3000, 0, `${at} is no tick`);
      const next = worker.lines.slice(index).find((line) => line.msg === 'an audit is due');
      assert.ok(next === undefined || next.time >= at, `due at ${next?.time}, before ${at}`);
    }
    assert.equal(world.inbox.mails.length, 1);
  });

  test('with a yearly schedule audits at once, and a restart does not audit again', async () => {
    await using world = await createWorld();
    const first = startWorker(world);
    await first.line('audit complete');
    const next = await first.line('next audit');
    assert.match(next.at, /^\d{4}-01-01T00:00:00\.000Z$/);
    assert.equal((await first.stop()).code, 0);

    const second = startWorker(world);
    assert.equal((await second.line('next audit')).at, next.at);
    await second.stop('SIGINT');
    assert.equal((await world.look('runs')).length, 1);
  });

  test('says at its beginning what it is set to', async () => {
    await using world = await createWatchedWorld();
    const worker = startWorker(world, { env: { AUDIT_TIMEZONE: 'Europe/Berlin', AUDIT_CRON: '30 2 * * *' } });
    const line = await worker.line('worker started');
    assert.equal(line.schedule, '30 2 * * *');
    assert.equal(line.timeZone, 'Europe/Berlin');
    assert.equal(line.databasePath, world.databasePath);
    await worker.line('next audit');
    assert.equal((await worker.stop()).code, 0);
  });

  test('tries a failed audit again about five minutes later', async () => {
    await using world = await createWorld();
    world.omni.intercept = (_request, response) => {
      response.setHeader('Retry-After', '0');
      return answer(response, 503, 'application/json', '{}');
    };
    const worker = startWorker(world);
    await worker.line('audit failed');
    const { at, time } = await worker.line('next audit');
    const minutes = (Date.parse(at) - Date.parse(time)) / msPerMinute;
    assert.ok(minutes > 4.5 && minutes <= 5, `${minutes} minutes`);
    assert.equal((await worker.stop()).code, 0);
  });

  test('waits for the tick when the credential is refused', async () => {
    await using world = await createWorld();
    const worker = startWorker(world, { env: { OMNI_API_TOKEN: 'revoked' } });
    await worker.line('audit failed');
    assert.match((await worker.line('next audit')).at, /-01-01T00:00:00\.000Z$/);
    await worker.stop();
    assert.match((await world.lastMail()).subject ?? '', /audit failing since/);
  });

  test('takes up a rotated token at the next audit', async () => {
    await using world = await createWorld();
    const file = join(world.folder, 'token');
    await writeFile(file, 'revoked\n');
    const worker = startWorker(world, {
      env: { OMNI_API_TOKEN: undefined, OMNI_API_TOKEN_FILE: file, AUDIT_CRON: '*/2 * * * * *' },
    });
    await worker.line('audit failed');
    await writeFile(file, `${apiToken}\n`);
    await worker.line('audit complete');
    const outcome = await worker.stop();
    assert.equal(outcome.code, 0);
    assert.doesNotMatch(outcome.stdout, new RegExp(apiToken));
  });

  test('leaves `audit` no lock while it audits, and audits on', async () => {
    await using world = await createWorld();
    const held = holdNextRequest(world.omni);
    const worker = startWorker(world);
    await held.reached;
    assert.equal((await world.run(['audit'])).code, 4);
    held.release();
    await worker.line('audit complete');
    await worker.stop();
  });

  test('goes on after an `audit` that ran at its tick', async () => {
    await using world = await createWorld();
    const held = holdNextRequest(world.omni);
    const manual = world.start(['audit']);
    await held.reached;
    const worker = startWorker(world, { env: { AUDIT_CRON: '*/2 * * * * *' } });
    const left = await worker.line('another process is running an audit');
    assert.equal(left.level, 'info');
    held.release();
    assert.equal((await manual.outcome).code, 0);
    await worker.line('audit complete');
    assert.equal((await worker.stop()).code, 0);
  });

  test('makes good without help what a killed process began', async () => {
    await using world = await createWorld();
    const held = holdNextRequest(world.omni);
    const first = startWorker(world);
    await held.reached;
    const killed = await first.stop('SIGKILL');
    assert.equal(killed.signal, 'SIGKILL');
    held.release();

    const second = startWorker(world);
    await second.line('audit complete');
    assert.match((await second.line('next audit')).at, /-01-01T00:00:00\.000Z$/);
    await second.stop();
    const statuses = (await world.look('runs')).map(({ status }: { status: string }) => status);
    assert.deepEqual(statuses, ['complete', 'interrupted']);
    assert.equal(world.inbox.mails.length, 1);
  });

  test('gives up the waiting mail of a former reader, logs it, and tells it in the next digest', async () => {
    await using world = await createWorld({ env: { MAIL_TO: 'former@acme.example' } });
    const first = startWorker(world, { env: { SMTP_PORT: String(await closedPort()) } });
    await first.line('mail will be retried');
    await first.line('next audit');
    await first.stop();

    const second = startWorker(world, { env: { MAIL_TO: 'new@acme.example' } });
    const line = await second.line('mail discarded: the address is no longer in MAIL_TO');
    assert.equal(line.recipient, 'former@acme.example');
    await second.stop();
    world.tokens.push(makeToken(1));
    await world.audit(0, { env: { MAIL_TO: 'new@acme.example' } });
    assert.deepEqual(
      world.inbox.mails.map(({ to }) => to),
      [['new@acme.example']],
    );
    assert.match((await world.lastMail()).text ?? '', /waited for former@acme\.example was given up/);
  });
});

describe('start refuses to begin', { concurrency: 2 }, () => {
  test('with a wrong configuration, naming all that is wrong', async () => {
    await using world = await createWorld();
    const { outcome } = startWorker(world, {
      env: {
        AUDIT_CRON: '61 * * * *',
        AUDIT_TIMEZONE: 'Europe/Atlantis',
        OMNI_BASE_URL: 'http://acme.omniapp.co',
        SMTP_PORT: '0',
        MAIL_TO: 'nobody',
      },
    });
    const { code, stdout } = await outcome;
    assert.equal(code, 2);
    const [line, ...others] = stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text));
    assert.equal(others.length, 0);
    assert.equal(line.level, 'fatal');
    for (const name of ['AUDIT_CRON', 'AUDIT_TIMEZONE', 'OMNI_BASE_URL', 'SMTP_PORT', 'MAIL_TO']) {
      assert.ok(line.err.message.includes(name), `${name} is not named`);
    }
    assert.equal(world.omni.requests.length, 0);
  });

  test('with the database of another organisation', async () => {
    await using world = await createWatchedWorld();
    await using other = await startSimulator([makeToken(1)]);
    const { code, stdout } = await startWorker(world, { env: { OMNI_BASE_URL: other.baseUrl } }).outcome;
    assert.equal(code, 2);
    assert.match(stdout, /check --adopt-url/);
    assert.equal(other.requests.length, 0);
  });

  test('with a folder that cannot hold a database', async () => {
    await using world = await createWorld();
    await writeFile(join(world.folder, 'file'), '');
    const { outcome } = startWorker(world, { env: { DATABASE_PATH: join(world.folder, 'file', 'audit.db') } });
    assert.equal((await outcome).code, 2);
  });

  test('with an argument that it does not know', async () => {
    await using world = await createWorld();
    assert.equal((await world.run(['start', '--now'])).code, 2);
  });
});
