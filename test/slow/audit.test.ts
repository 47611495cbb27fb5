import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { emptyLine } from '../../src/cli/progress-line.ts';
import { startInbox } from '../../src/demo/inbox.ts';
import { takeAuditLock } from '../../src/store/audit-lock.ts';
import { closedPort } from '../support/listen.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, holdNextRequest, program, type StartedCommand, type World } from '../support/world.ts';
import { makeToken, manyTokens } from '../support/world-tokens.ts';

/** Resolves when the command has logged the message. */
async function logged({ child }: StartedCommand, message: string): Promise<void> {
  let seen = '';
  while (!seen.includes(message)) {
    const [chunk] = await once(child.stderr ?? child, 'data');
    seen += String(chunk);
  }
}

async function runStatuses(world: World): Promise<string[]> {
  return (await world.query('runs')).map(({ status }: { status: string }) => status);
}

test('logs JSON lines to stderr, and prints only its result to stdout', async () => {
  await using world = await createWorld();
  const { stdout, stderr } = await world.run(['audit'], { env: { LOG_LEVEL: 'trace' } });
  for (const line of stderr.trimEnd().split('\n')) {
    const { level, time, msg } = JSON.parse(line);
    assert.deepEqual([typeof level, typeof msg, Number.isNaN(Date.parse(time))], ['string', 'string', false]);
  }
  assert.match(stdout, /^Run 1 is complete: 3 tokens on 1 page, the baseline\.\n.*\nMail: 1 sent.*\n$/);
  assert.equal(stdout.includes('\x1b'), false);
});

test('reports a failure by exit code, log and, once the mail server is back, by mail', async () => {
  await using world = await createWatchedWorld();
  const outcome = await world.run(['audit', '--format', 'json'], {
    env: { OMNI_API_TOKEN: 'revoked', SMTP_PORT: String(await closedPort()) },
  });
  assert.deepEqual([outcome.code, outcome.json().status], [1, 'failed']);
  assert.match(outcome.json().error, /403/);
  const logs = outcome.logs();
  assert.ok(logs.some(({ level, msg }) => level === 'error' && msg === 'audit failed'));
  assert.ok(logs.some(({ msg, error }) => msg === 'mail will be retried' && /ECONNREFUSED/.test(error)));
  assert.doesNotMatch(outcome.stdout + outcome.stderr, /\n\s+at |"stack"|revoked/);
  assert.equal((await world.run(['mail', '--retry'])).code, 0);
  assert.match((await world.lastMail()).subject ?? '', /audit failing since/);
});

describe('two audits', { concurrency: 2 }, () => {
  test('do not run at once: the second one ends with 4, says who is auditing and changes nothing', async () => {
    await using world = await createWorld();
    const held = holdNextRequest(world.omni);
    const first = world.start(['audit', '--format', 'json']);
    await held.reached;
    const [running] = await world.query('runs');
    const second = await world.run(['audit']);
    assert.deepEqual([second.code, second.stdout], [4, '']);
    const who = `another audit is running: run 1, started at ${running.startedAt} by process ${first.child.pid} on ${hostname()}`;
    assert.ok(second.stderr.includes(who), second.stderr);
    assert.equal(world.omni.requests.length, 1);
    held.release();
    assert.equal((await first.outcome).code, 0);
    assert.deepEqual(await runStatuses(world), ['complete']);
    assert.equal(world.inbox.mails.length, 1);
  });

  test('do not run at once even before the first one has created the database', async () => {
    await using world = await createWorld();
    using _lock = takeAuditLock(world.databasePath);
    const outcome = await world.run(['audit']);
    assert.equal(outcome.code, 4, outcome.stderr);
    assert.match(outcome.stderr, /another audit is running/);
  });
});

describe('an audit that is stopped from outside', { concurrency: 2 }, () => {
  test('by SIGKILL frees the lock, and the next audit marks its run as interrupted', async () => {
    await using world = await createWatchedWorld();
    const held = holdNextRequest(world.omni);
    const audit = world.start(['audit']);
    await held.reached;
    audit.child.kill('SIGKILL');
    assert.equal((await audit.outcome).signal, 'SIGKILL');
    held.release();
    assert.deepEqual(await runStatuses(world), ['running', 'complete']);
    assert.equal((await world.audit()).isBaseline, false);
    assert.deepEqual(await runStatuses(world), ['complete', 'interrupted', 'complete']);
    assert.equal(world.inbox.mails.length, 0);
  });

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    test(`by ${signal} ends with 1 before Omni answers, and concludes nothing`, async () => {
      await using world = await createWatchedWorld();
      world.tokens.pop();
      const held = holdNextRequest(world.omni);
      const { child, outcome } = world.start(['audit']);
      await held.reached;
      child.kill(signal);
      const { code, stderr } = await outcome;
      held.release();
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`stopped by ${signal}`));
      assert.doesNotMatch(stderr, /\n\s+at |"stack"/);
      const [run] = await world.query('runs');
      assert.deepEqual([run.status, run.error], ['interrupted', `stopped by ${signal}`]);
      assert.deepEqual(await world.query('findings'), []);
    });
  }

  test('before it knows the mail server’s answer does not send the mail again at once', async () => {
    const reached = Promise.withResolvers<void>();
    await using server = await startFaultySmtpServer({
      faults: {
        data: () => {
          reached.resolve();
          audit.child.kill('SIGKILL');
          return undefined;
        },
      },
    });
    await using world = await createWorld();
    const audit = world.start(['audit'], { env: { SMTP_PORT: String(server.port) } });
    await reached.promise;
    assert.equal((await audit.outcome).signal, 'SIGKILL');
    const [mail] = await world.query('mail');
    assert.deepEqual([mail.deliveries[0].status, mail.deliveries[0].attempts], ['pending', 1]);
    assert.equal(mail.messageId, server.received[0]?.messageId);
    assert.deepEqual((await world.audit(3)).mail, { queued: 0, sent: 0, pending: 1, parked: 0 });
    assert.equal(world.inbox.mails.length, 0);
  });
});

describe('audit --mail-patience', { concurrency: 2 }, () => {
  test('delivers the mail when the mail server comes up in time', async () => {
    await using world = await createWatchedWorld();
    world.tokens.push(makeToken(1));
    const port = await closedPort();
    const audit = world.start(['audit', '--format', 'json', '--mail-patience', '25'], {
      env: { SMTP_PORT: String(port) },
    });
    await logged(audit, 'mail will be retried');
    await using inbox = await startInbox({ port });
    const outcome = await audit.outcome;
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.deepEqual(outcome.json().mail, { queued: 1, sent: 1, pending: 0, parked: 0 });
    assert.equal(inbox.mails.length, 1);
  });

  test('ends with 3 when the time is up', async () => {
    await using world = await createWorld({ env: { SMTP_PORT: String(await closedPort()) } });
    const outcome = await world.run(['audit', '--format', 'json', '--mail-patience', '1']);
    assert.equal(outcome.code, 3, outcome.stderr);
    assert.deepEqual(outcome.json().mail, { queued: 1, sent: 0, pending: 1, parked: 0 });
  });

  test('ends at once on SIGTERM, and the mail waits', async () => {
    await using world = await createWorld();
    const audit = world.start(['audit', '--mail-patience', '600'], { env: { SMTP_PORT: String(await closedPort()) } });
    await logged(audit, 'mail will be retried');
    audit.child.kill('SIGTERM');
    const { code, stderr } = await audit.outcome;
    assert.equal(code, 1);
    assert.match(stderr, /stopped by SIGTERM/);
    assert.deepEqual((await world.audit()).mail, { queued: 0, sent: 1, pending: 0, parked: 0 });
  });
});

// `script` gives its command a terminal. It is part of Debian and of most systems.
const hasScript = spawnSync('script', ['--version']).status === 0;

describe('an audit on a terminal', { skip: hasScript ? false : 'script(1) is missing' }, () => {
  const audit = `"${process.execPath}" "${program}" audit`;

  /** Runs the line on a terminal and returns what the terminal shows. */
  async function onTerminal({ env, folder }: World, line: string): Promise<{ shown: string; code: number | null }> {
    const child = spawn('script', ['-qec', line, '/dev/null'], { env: { ...env }, cwd: folder });
    child.stdin.end();
    const [shown, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return { shown: shown.replaceAll(emptyLine, '<'), code };
  }

  test('shows its progress on one line, clears it at the end, and logs nothing below warn', async () => {
    await using world = await createWorld({ tokens: manyTokens(250) });
    const { shown, code } = await onTerminal(world, audit);
    assert.equal(code, 0, shown);
    assert.match(shown, /<listing tokens: page 3 of 3, 250 tokens</);
    assert.match(shown, /<resolving owners …[\s\S]*<Run 1 is complete: 250 tokens/);
    assert.doesNotMatch(shown, /"level"/);
    assert.match((await onTerminal(world, `env LOG_LEVEL=info ${audit}`)).shown, /"level":"info"/);
  });

  test('clears the line even when it is interrupted, as by Ctrl-C', async () => {
    await using world = await createWorld();
    const { reached } = holdNextRequest(world.omni);
    const ended = onTerminal(world, `sh -c 'echo $$ > pid; exec ${audit}'`);
    await reached;
    process.kill(Number(readFileSync(join(world.folder, 'pid'), 'utf8')), 'SIGINT');
    const { shown, code } = await ended;
    assert.equal(code, 1, shown);
    assert.match(shown, /<listing tokens …<[\s\S]*stopped by SIGINT/);
  });
});
