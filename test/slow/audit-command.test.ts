import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { emptyLine } from '../../src/cli/progress-line.ts';
import { readTables } from '../support/database-rows.ts';
import { closedPort } from '../support/listen.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, holdNextRequest, program, type World } from '../support/world.ts';
import { makeToken, manyTokens, tokenAt } from '../support/world-tokens.ts';

const fields = 'runId status isBaseline tokenCount pageCount changes findings ownersKnown mail'.split(' ');

describe('audit --format json', { concurrency: 2 }, () => {
  test('has the documented fields', async () => {
    await using world = await createWorld();
    const result = await world.audit();
    for (const field of fields) assert.ok(field in result, field);
    assert.deepEqual(Object.keys(result.changes), ['created', 'removed', 'disabled', 'enabled', 'renamed', 'other']);
    assert.deepEqual(Object.keys(result.findings), ['critical', 'high', 'medium', 'low', 'info']);
    assert.deepEqual(Object.keys(result.mail).sort(), ['parked', 'pending', 'queued', 'sent']);
    assert.equal(typeof result.ownersKnown, 'boolean');
  });

  test('has them for an audit that failed too, with its error', async () => {
    await using world = await createWorld();
    const result = await world.audit(1, { env: { OMNI_API_TOKEN: 'unknown' } });
    for (const field of fields) assert.ok(field in result, field);
    assert.deepEqual([result.runId, result.status, result.changes, result.findings], [1, 'failed', null, null]);
    assert.match(result.error, /^listing tokens, page 1, failed with 403/);
  });
});

describe('audit --dry-run', { concurrency: 2 }, () => {
  test('prints the mail, sends nothing and changes no table', async () => {
    await using world = await createWatchedWorld();
    const before = readTables(world.databasePath);
    assert.match((await world.run(['audit', '--dry-run'])).stdout, /There is nothing to report\./);
    world.tokens.push(makeToken(1, { name: 'brand-new key' }));
    const dry = await world.run(['audit', '--dry-run']);
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(dry.stdout, /^Dry run: nothing was stored or sent\. This mail would go out:\n/);
    assert.match(dry.stdout, /HIGH: New token \(1\)[\s\S]*"brand-new key"/);
    assert.deepEqual(readTables(world.databasePath), before);
    assert.equal(world.inbox.mails.length, 0);

    const real = await world.audit();
    assert.equal(real.changes.created, 1);
    const { text } = await world.lastMail();
    const told = (whole: string): string | undefined => /HIGH: New token[\s\S]*?(?=\n\n--)/.exec(whole)?.[0];
    assert.equal(told(dry.stdout), told(String(text)));
  });

  test('leaves waiting mail where it is', async () => {
    await using world = await createWorld();
    await world.audit(3, { env: { SMTP_PORT: String(await closedPort()) } });
    const before = readTables(world.databasePath);
    assert.equal((await world.run(['audit', '--dry-run'])).code, 0);
    assert.deepEqual(readTables(world.databasePath), before);
    assert.equal(world.inbox.mails.length, 0);
  });

  test('leaves no database behind when there was none', async () => {
    await using world = await createWorld();
    const dry = await world.run(['audit', '--dry-run']);
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(dry.stdout, /first audit with this database/);
    assert.deepEqual(readdirSync(world.folder), []);
    assert.equal((await world.audit()).isBaseline, true);
  });

  test('leaves no run behind when it fails', async () => {
    await using world = await createWatchedWorld();
    const before = readTables(world.databasePath);
    const dry = await world.run(['audit', '--dry-run'], { env: { OMNI_API_TOKEN: 'unknown' } });
    assert.equal(dry.code, 1);
    assert.match(dry.stdout, /The audit failed/);
    assert.deepEqual(readTables(world.databasePath), before);
  });
});

describe('audit --fail-on', { concurrency: 2 }, () => {
  const exitCode = async (world: Awaited<ReturnType<typeof createWorld>>, severity: string, env = {}) =>
    (await world.run(['audit', '--fail-on', severity], { env })).code;

  test('ends with 5 for what stands, at or above the severity, as long as it stands', async () => {
    const stale = makeToken(24 * 200);
    await using world = await createWatchedWorld({ tokens: [...manyTokens(3), stale] });
    assert.equal(await exitCode(world, 'high'), 0);
    assert.equal(await exitCode(world, 'medium'), 5);
    stale.enabled = false;
    assert.equal(await exitCode(world, 'medium'), 0);
  });

  test('ends with 5 for what the audit told, once', async () => {
    await using world = await createWatchedWorld();
    world.tokens.push(makeToken(1));
    assert.equal(await exitCode(world, 'high'), 5);
    assert.equal(world.inbox.mails.length, 1);
    assert.equal(await exitCode(world, 'info'), 0);
  });

  test('gives way to the codes for a failure and for waiting mail', async () => {
    await using world = await createWatchedWorld();
    tokenAt(world, 0).enabled = false;
    assert.equal(await exitCode(world, 'info', { OMNI_API_TOKEN: 'unknown' }), 1);
    assert.equal(await exitCode(world, 'info', { SMTP_PORT: String(await closedPort()) }), 3);
  });
});

test('audit in a pipe shows nothing of how far it is', async () => {
  await using world = await createWorld();
  const { stdout, stderr } = await world.run(['audit']);
  assert.equal(`${stdout}${stderr}`.includes('\x1b'), false);
  assert.doesNotMatch(stdout + stderr, /listing tokens/);
});

// `script` gives its command a terminal. It is part of Debian, and of most systems.
const hasScript = spawnSync('script', ['--version']).status === 0;

describe('audit on a terminal', { skip: hasScript ? false : 'script(1) is missing' }, () => {
  /** Runs the line on a terminal of its own and answers what that shows, and the exit code. */
  async function onTerminal({ env, folder }: World, line: string): Promise<{ shown: string; code: number | null }> {
    const child = spawn('script', ['-qec', line, '/dev/null'], { env: env as NodeJS.ProcessEnv, cwd: folder });
    child.stdin.end();
    const [shown, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return { shown: shown.replaceAll(emptyLine, '<'), code };
  }

  const audit = `"${process.execPath}" "${program}" audit`;

  test('shows how far it is, and leaves a clean line', async () => {
    await using world = await createWorld({ tokens: manyTokens(250), env: { LOG_LEVEL: 'silent' } });
    const { shown, code } = await onTerminal(world, audit);
    assert.equal(code, 0, shown);
    assert.match(shown, /<listing tokens: page 3 of 3, 250 tokens</);
    assert.match(shown, /<resolving owners …/);
    assert.match(shown, /<Run 1 is complete: 250 tokens/);
  });

  test('ends cleanly when it is interrupted, as by Ctrl-C', async () => {
    await using world = await createWorld({ env: { LOG_LEVEL: 'silent' } });
    const { reached } = holdNextRequest(world.omni);
    const ended = onTerminal(world, `sh -c 'echo $$ > pid; exec ${audit}'`);
    await reached;
    process.kill(Number(readFileSync(join(world.folder, 'pid'), 'utf8')), 'SIGINT');
    const { shown, code } = await ended;
    assert.equal(code, 1, shown);
    assert.match(shown, /<listing tokens …<[\s\S]*stopped by SIGINT/);
  });
});
