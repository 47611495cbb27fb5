import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startHttpServer } from '../support/http-server.ts';
import { closedPort } from '../support/listen.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, type Variables } from '../support/world.ts';
import { makeToken, manyTokens } from '../support/world-tokens.ts';

const crashing = fileURLToPath(new URL('../support/crash-at-request.ts', import.meta.url));

/** Shell commands that replace stderr before the program starts. */
const fullDisk = 'exec 2>/dev/full';
const readerGone = 'mkfifo log; exec 3<>log 2>log 3<&-';
/** The program itself holds the other end open, so the pipe has a reader, which never reads. */
const readerAsleep = 'mkfifo log; exec 3<>log 2>log; dd if=/dev/zero of=log bs=64k count=2 oflag=nonblock 2>/dev/null';

describe('losing the log changes neither the result nor the exit code', { concurrency: 2 }, () => {
  const cases: [what: string, args: string[], prelude: string, env: Variables, code: number, stdout: RegExp][] = [
    ['an audit on a full disk', ['audit'], fullDisk, {}, 0, /^Run 2 is complete[^{]*Mail: 1 sent.*\n$/],
    ['an audit whose log nobody reads', ['audit'], readerAsleep, {}, 0, /^Run 2 is complete[^{]*Mail: 1 sent.*\n$/],
    ['an audit whose log reader is gone', ['audit'], readerGone, {}, 0, /^Run 2 is complete[^{]*Mail: 1 sent.*\n$/],
    ['an audit that is refused', ['audit'], fullDisk, { OMNI_API_TOKEN: '' }, 2, /^$/],
    [
      'an audit with a defect',
      ['audit'],
      fullDisk,
      { NODE_OPTIONS: `--import ${crashing}`, CRASH_KIND: 'exception' },
      1,
      /^$/,
    ],
    ['a query with JSON', ['tokens', '--format', 'json'], fullDisk, {}, 0, /^\[\n{.*}\n\]\n$/s],
    ['an unknown command', ['nonsense'], readerAsleep, {}, 2, /^$/],
  ];
  for (const [what, args, prelude, env, code, stdout] of cases) {
    test(`of ${what}`, async () => {
      await using world = await createWatchedWorld();
      world.tokens.push(makeToken(1));
      const outcome = await world.run(args, { prelude, env: { LOG_LEVEL: 'trace', ...env } });
      assert.equal(outcome.code, code);
      assert.match(outcome.stdout, stdout);
    });
  }

  test('of the worker, which audits, mails, and says so once on stderr', async () => {
    const audits: string[] = [];
    const secondAudit = Promise.withResolvers<void>();
    await using watchdog = await startHttpServer((response, _count, { url }) => {
      response.end('OK');
      if (url === '/ping' && audits.push(url) === 2) secondAudit.resolve();
    });
    await using world = await createWorld({ env: { HEARTBEAT_URL: `${watchdog.baseUrl}/ping` } });
    const env = { AUDIT_CRON: '* * * * * *', LOG_LEVEL: 'trace' };
    const { child, outcome } = world.start(['start'], { prelude: 'exec >/dev/full', env });
    await secondAudit.promise;
    child.kill('SIGHUP');
    const { code, stderr } = await outcome;
    const lost = 'the log cannot be written to stdout (ENOSPC: no space left on device), so log lines are lost';
    assert.deepEqual([code, stderr], [0, `omni-token-audit: ${lost}\n`]);
    assert.equal(world.inbox.mails.length, 1);
  });

  test('of a worker that is refused, whose reason goes to stderr', async () => {
    await using world = await createWorld();
    const { code, stderr } = await world.run(['start'], { prelude: 'exec >/dev/full', env: { MAIL_TO: '' } });
    assert.equal(code, 2);
    assert.match(stderr, /\nomni-token-audit: .* in the configuration:\n {2}MAIL_TO is not set/);
  });
});

describe('a result that cannot be written', { concurrency: 2 }, () => {
  /** A file that can take 500 more bytes. sh counts its limit in blocks of 512 bytes. */
  const almostFull = 'head -c 1048076 /dev/zero >result; ulimit -f 2048; exec >>result';
  const cases: [args: string[], prelude: string, env: Variables, code: number, problem: string][] = [
    [['status'], 'exec >/dev/full', {}, 1, 'ENOSPC: no space left on device'],
    [['tokens', '--format', 'csv'], 'exec >/dev/full', {}, 1, 'ENOSPC: no space left on device'],
    [['tokens', '--format', 'csv'], almostFull, {}, 1, 'EFBIG: file too large'],
    [['--version'], 'exec >/dev/full', {}, 1, 'ENOSPC: no space left on device'],
    [['audit', '--help'], 'exec >/dev/full', {}, 1, 'ENOSPC: no space left on device'],
    [['audit'], 'exec >/dev/full', { SMTP_PORT: 'closed' }, 3, 'ENOSPC: no space left on device'],
  ];
  for (const [args, prelude, env, code, problem] of cases) {
    test(`by ${args.join(' ')} ends with ${code}, and one line says why: ${problem}`, async () => {
      await using world = await createWatchedWorld({ tokens: manyTokens(20) });
      world.tokens.push(makeToken(1));
      const SMTP_PORT = env.SMTP_PORT === undefined ? world.env.SMTP_PORT : String(await closedPort());
      const outcome = await world.run(args, { prelude, env: { ...env, SMTP_PORT, LOG_LEVEL: 'silent' } });
      const lost = `omni-token-audit: the result could not be written to stdout (${problem})`;
      assert.deepEqual([outcome.code, outcome.stderr], [code, `${lost}, but the command completed\n`]);
    });
  }

  test('because its reader has closed the pipe is no failure, even if errors go there, too', async () => {
    await using world = await createWatchedWorld();
    for (const args of [['status'], ['tokens', '--format', 'csv']]) {
      const { code } = await world.run(args, { prelude: 'mkfifo pipe; exec 3<>pipe >pipe 2>&1 3<&-; rm pipe' });
      assert.equal(code, 0);
    }
  });

  test('because its reader is asleep keeps no process alive that is stopped', async () => {
    await using world = await createWatchedWorld({ tokens: manyTokens(2000) });
    const prelude = readerAsleep.replaceAll('log', 'result').replace('2>result', '1>result');
    const { child, outcome } = world.start(['tokens', '--format', 'csv'], { prelude });
    while (!handles(child.pid, 'SIGHUP')) await setImmediate();
    child.kill('SIGTERM');
    const { code, stderr } = await outcome;
    assert.deepEqual([code, stderr], [1, 'omni-token-audit: stopped by SIGTERM\n']);
  });
});

/** Returns whether a process has a handler for a signal (proc(5), SigCgt). */
function handles(pid: number | undefined, signal: 'SIGHUP'): boolean {
  const caught = /^SigCgt:\s*([\da-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${caught}`) >> BigInt(constants.signals[signal] - 1)) % 2n === 1n;
}
