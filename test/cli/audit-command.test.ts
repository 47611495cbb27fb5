import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { takeAuditLock } from '../../src/store/audit-lock.ts';
import { ask } from '../support/ask.ts';
import { readTables } from '../support/database-rows.ts';
import { startHttpServer } from '../support/http-server.ts';
import { closedPort } from '../support/listen.ts';
import { inject } from '../support/omni-faults.ts';
import { hoursPerDay } from '../support/spans.ts';
import { createWatchedWorld, failOmni, repairOmni } from '../support/unattended.ts';
import { createWorld, type World } from '../support/world.ts';
import { makeToken, manyTokens, tokenAt } from '../support/world-tokens.ts';

const revoked = { OMNI_API_TOKEN: 'revoked' };
const noMailServer = { SMTP_PORT: String(await closedPort()) };

async function exitCode(world: World, line: string, env = {}): Promise<number> {
  return (await ask(world, line.split(' '), env)).code;
}

describe('audit', () => {
  test('prints its result in words', async () => {
    await using world = await createWorld();
    const complete = await ask(world, ['audit']);
    assert.equal(complete.code, 0);
    assert.equal(
      complete.stdout,
      'Run 1 is complete: 3 tokens on 1 page, the baseline.\nFindings: none. Open: none.\nMail: 1 sent, 0 waiting, 0 parked.\n',
    );
    const failed = await ask(world, ['audit'], revoked);
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /^The audit failed: listing tokens, page 1, failed with 403.*\. Set OMNI_API_TOKEN to/);
  });

  test('--format json has the documented fields, even when the audit failed', async () => {
    await using world = await createWorld();
    const complete = (await ask(world, ['audit', '--format', 'json'])).json();
    const fields = 'runId status isBaseline tokenCount pageCount changes findings ownersKnown mail'.split(' ');
    assert.deepEqual(Object.keys(complete), fields);
    assert.deepEqual(Object.keys(complete.changes), 'created removed disabled enabled renamed other'.split(' '));
    assert.deepEqual(Object.keys(complete.findings), 'critical high medium low info'.split(' '));
    assert.deepEqual(complete.mail, { queued: 1, sent: 1, pending: 0, parked: 0 });
    const failed = (await ask(world, ['audit', '--format', 'json'], { ...revoked, ...noMailServer })).json();
    assert.deepEqual(Object.keys(failed), [...fields, 'error']);
    assert.deepEqual([failed.status, failed.changes, failed.findings, failed.mail.pending], ['failed', null, null, 1]);
  });

  test('--fail-on ends with 5 for what the run reports, and for as long as a condition is open', async () => {
    const stale = makeToken(200 * hoursPerDay);
    await using world = await createWatchedWorld({ tokens: [...manyTokens(3), stale] });
    assert.equal(await exitCode(world, 'audit --fail-on high'), 0);
    assert.equal(await exitCode(world, 'audit --fail-on medium'), 5);
    await ask(world, ['ack', stale.id, '--reason', 'known', '--by', 'Ann']);
    assert.equal(await exitCode(world, 'audit --fail-on medium'), 5);
    stale.enabled = false;
    assert.equal(await exitCode(world, 'audit --fail-on info'), 5);
    assert.equal(await exitCode(world, 'audit --fail-on info'), 0);
  });

  test('ends with 1 for a failure and 3 for waiting mail, whatever --fail-on asks for', async () => {
    await using world = await createWatchedWorld();
    tokenAt(world, 0).enabled = false;
    assert.equal(await exitCode(world, 'audit --fail-on info', { ...revoked, ...noMailServer }), 1);
    assert.equal(await exitCode(world, 'audit --fail-on info', noMailServer), 3);
  });

  test('logs one line for each finding, with the id that `findings` lists', async () => {
    await using world = await createWatchedWorld();
    world.tokens.push(makeToken(1), makeToken(2));
    const { log } = await ask(world, ['audit']);
    const findings: { id: number; runId: number }[] = (await ask(world, ['findings', '--format', 'json'])).json();
    const lines = log.filter(({ event }) => event === 'finding');
    assert.deepEqual(
      lines.map(({ findingId, runId }) => [findingId, runId]),
      findings.toReversed().map(({ id, runId }) => [id, runId]),
    );
    assert.equal(lines.length, 2);
  });

  test('sends no recovery mail after a failure that was too short to be mailed', async () => {
    await using world = await createWatchedWorld();
    failOmni(world);
    assert.equal(await exitCode(world, 'audit'), 1);
    repairOmni(world);
    assert.equal(await exitCode(world, 'audit'), 0);
    assert.equal(world.inbox.mails.length, 0);
  });

  test('treats a 400 to its first request as a refused credential, and mails that at once', async () => {
    await using world = await createWatchedWorld();
    inject(world.omni, { status: 400 });
    const { stdout } = await ask(world, ['audit']);
    assert.match(stdout, /page 1, failed with 400.*Set OMNI_API_TOKEN to an organization API key/);
    assert.match(String((await world.lastMail()).subject), /audit failing since/);
  });
});

describe('audit --dry-run', () => {
  test('prints the mail that the audit would send, and neither stores nor sends anything', async () => {
    await using world = await createWatchedWorld();
    const before = readTables(world.databasePath);
    assert.match((await ask(world, ['audit', '--dry-run'])).stdout, /There is nothing to report\.\n$/);
    world.tokens.push(makeToken(1, { name: 'brand-new key' }));
    const dry = await ask(world, ['audit', '--dry-run']);
    assert.match(dry.stdout, /^Dry run: nothing was stored or sent\. This mail would be sent:\n/);
    assert.equal((await ask(world, ['audit', '--dry-run'], revoked)).code, 1);
    assert.deepEqual(readTables(world.databasePath), before);
    assert.equal(world.inbox.mails.length, 0);
    await ask(world, ['audit']);
    const section = (mail: string): string | undefined => /HIGH: New token[\s\S]*?(?=\n\n--)/.exec(mail)?.[0];
    assert.match(String(section(dry.stdout)), /brand-new key/);
    assert.equal(section(dry.stdout), section(String((await world.lastMail()).text)));
  });

  test('leaves waiting mail alone, and creates no database', async () => {
    await using world = await createWorld();
    assert.match((await ask(world, ['audit', '--dry-run'])).stdout, /first audit with this database/);
    assert.deepEqual(readdirSync(world.folder), []);
    await ask(world, ['audit'], noMailServer);
    const before = readTables(world.databasePath);
    assert.equal(await exitCode(world, 'audit --dry-run'), 0);
    assert.deepEqual(readTables(world.databasePath), before);
  });
});

describe('the heartbeat', () => {
  test('reports the start and the outcome of every audit, but nothing for a dry run or while another audit is running', async () => {
    await using watchdog = await startHttpServer((response) => response.end('OK'));
    await using world = await createWorld({ env: { HEARTBEAT_URL: `${watchdog.baseUrl}/ping` } });
    const signals = async (line: string, env = {}): Promise<string[]> => {
      watchdog.requests.length = 0;
      await ask(world, line.split(' '), env);
      return watchdog.requests.map(({ url }) => url);
    };
    assert.deepEqual(await signals('audit'), ['/ping/start', '/ping']);
    assert.deepEqual(await signals('audit'), ['/ping/start', '/ping']);
    assert.deepEqual(await signals('audit', revoked), ['/ping/start', '/ping/fail']);
    world.tokens.push(makeToken(1));
    assert.deepEqual(await signals('audit', noMailServer), ['/ping/start', '/ping/fail']);
    assert.deepEqual(await signals('audit --dry-run'), []);
    using _lock = takeAuditLock(world.databasePath);
    assert.deepEqual(await signals('audit'), []);
  });
});
