import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { startOmniSimulator } from '../../src/demo/omni-simulator.ts';
import { lockForAudit } from '../../src/stores.ts';
import { ask } from '../support/ask.ts';
import { readTables } from '../support/database-rows.ts';
import { closedPort } from '../support/listen.ts';
import { apiToken } from '../support/omni-api.ts';
import { inject, whoamiPath } from '../support/omni-faults.ts';
import { someUser } from '../support/people.ts';
import { page } from '../support/scripted-omni.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, startSimulator } from '../support/world.ts';
import { makeToken, manyTokens } from '../support/world-tokens.ts';

const [one, two] = [makeToken(2), makeToken(1)];

describe('check', () => {
  test('tries settings, database, Omni and mail server, and leaves nothing behind', async () => {
    await using world = await createWorld({ tokens: manyTokens(250), env: { SMTP_SECURTY: 'none', MAIL_TOO: 'x' } });
    const schedule = { AUDIT_CRON: '0 7 * * 1', AUDIT_TIMEZONE: 'Europe/Berlin' };
    const { code, stdout } = await ask(world, ['check'], schedule);
    assert.deepEqual(
      [
        code,
        stdout
          .trimEnd()
          .replaceAll(/\d{4}-\d\d-\d\d 07:00 UTC\+[12]/g, 'DAY 07:00')
          .split('\n'),
      ],
      [
        0,
        [
          '✓ configuration: complete',
          '    MAIL_TOO is unknown: did you mean MAIL_TO?',
          '    SMTP_SECURTY is unknown: did you mean SMTP_SECURITY?',
          `✓ organisation: Acme at ${world.omni.baseUrl}, reached directly, at most 6000 requests a minute`,
          '✓ schedule: "0 7 * * 1" in Europe/Berlin: the next audits are due at DAY 07:00, DAY 07:00, DAY 07:00',
          '✓ mail: from "Omni tokens" <audit@acme.example> to 1 recipient: security@acme.example',
          `✓ database: ${world.databasePath} will be created by the first audit`,
          `✓ Omni: ${world.omni.baseUrl} lists 250 tokens; the credential is organization-scoped, ORG_ADMIN; owners can be read; roles can be read`,
          `✓ mail server: 127.0.0.1:${world.inbox.port} is ready (none, without a login) and accepts mail from audit@acme.example`,
          '✓ recipient: the server accepts security@acme.example',
        ],
      ],
    );
    await ask(world, ['check'], { DATABASE_PATH: join(world.folder, 'data', 'audit.db') });
    assert.deepEqual(readdirSync(world.folder), []);
    assert.equal(world.inbox.mails.length, 0);
    assert.ok(world.omni.requests.every(({ method }) => method === 'GET'));
  });

  test('changes no row of a database', async () => {
    await using world = await createWatchedWorld();
    const before = readTables(world.databasePath);
    assert.match((await ask(world, ['check'])).stdout, /✓ database: .*audit\.db is ready/);
    assert.deepEqual(readTables(world.databasePath), before);
  });

  test('reports every problem of the settings and sends no request', async () => {
    await using world = await createWorld();
    const env = { AUDIT_CRON: '61 * * * *', MAIL_TO: undefined, OMNI_TIMEOUT_SECONDS: 'soon' };
    const { code, stdout } = await ask(world, ['check'], env);
    assert.equal(code, 2);
    assert.equal(stdout.match(/^✗ configuration: /gm)?.length, 3);
    assert.equal(world.omni.requests.length, 0);
  });

  test('ends with 1 and gives hints when Omni refuses the credential and the mail server is down', async () => {
    await using world = await createWorld();
    const env = { OMNI_API_TOKEN: 'revoked', SMTP_PORT: String(await closedPort()) };
    const { code, stdout } = await ask(world, ['check'], env);
    assert.equal(code, 1);
    assert.match(stdout, /✗ Omni: .*\n {4}Set OMNI_API_TOKEN to an organization API key/);
    assert.match(stdout, /✗ mail server: .*ECONNREFUSED.*\n {4}\S.*SMTP_/);
    assert.doesNotMatch(stdout, /revoked/);
  });

  test('advises against a user-scoped key, which cannot read owners, and works without whoami', async () => {
    const organisation = { tokens: manyTokens(2), users: [someUser('jane', 1)] };
    const [, token] = organisation.tokens;
    organisation.users.push(someUser(token?.membershipId ?? '', 2));
    await using userScoped = await startOmniSimulator({
      organisation,
      credentials: { [apiToken]: { keyScope: 'user', orgRole: 'ORG_ADMIN' } },
    });
    await using old = await startOmniSimulator({
      organisation,
      credentials: { [apiToken]: { keyScope: 'organization', orgRole: 'ORG_ADMIN' } },
      hasWhoami: false,
    });
    await using world = await createWorld();
    const advice = await ask(world, ['check'], { OMNI_BASE_URL: userScoped.baseUrl });
    assert.equal(advice.code, 0);
    assert.match(
      advice.stdout,
      /✓ Omni: .*user-scoped, ORG_ADMIN; owners cannot be read.*403.*\n {4}Create an organization API key.* support\.\n/,
    );
    const { code, stdout } = await ask(world, ['check'], { OMNI_BASE_URL: old.baseUrl });
    assert.equal(code, 0);
    assert.match(stdout, /✓ Omni: .* lists 2 tokens; owners can be read; roles can be read\n/);
  });

  test('fails when the clock differs from Omni’s, and names both times', async () => {
    await using world = await createWorld();
    world.omni.now = () => Date.UTC(2021, 2, 1);
    const { code, stdout } = await ask(world, ['check']);
    assert.equal(code, 1);
    assert.match(stdout, /✗ Omni: .*clock says 20\d\d-.* dated 2021-03-01T00:00:00\.000Z\n {4}.*NTP/);
  });

  test('finds damage on any page of the database', async () => {
    await using world = await createWatchedWorld();
    const whole = readFileSync(world.databasePath);
    const zeroed = [4096, 8192, 4096 * Math.floor(whole.length / 8192)].map((start) =>
      Buffer.from(whole).fill(0, start, start + 4096),
    );
    for (const bytes of [...zeroed, whole.subarray(0, whole.length / 2)]) {
      writeFileSync(world.databasePath, bytes);
      const { code, stdout } = await ask(world, ['check']);
      assert.equal(code, 2, stdout);
      assert.match(stdout, /✗ database: .*audit\.db.*\n {4}Restore a backup/);
    }
  });

  test('refuses another organisation’s database until --adopt-url finds its tokens at the new address', async () => {
    await using world = await createWatchedWorld();
    await using renamed = await startSimulator([...world.tokens.slice(1), ...manyTokens(2)]);
    const env = { OMNI_BASE_URL: renamed.baseUrl };
    const refused = await ask(world, ['check'], env);
    assert.equal(refused.code, 2);
    assert.match(refused.stdout, /✗ database: .*\n {4}.*check --adopt-url/);
    {
      using _running = lockForAudit(world.databasePath, systemClock);
      assert.equal((await ask(world, ['check', '--adopt-url'], env)).code, 4);
    }
    const adopted = await ask(world, ['check', '--adopt-url'], env);
    assert.equal(adopted.code, 0, adopted.stdout);
    const count = world.tokens.length;
    assert.match(
      adopted.stdout,
      new RegExp(`now belongs to ${renamed.baseUrl} \\(previously: ${world.omni.baseUrl}\\)`),
    );
    assert.match(adopted.stdout, new RegExp(`${count - 1} of its ${count} tokens are among the ${count + 1} listed`));
    assert.equal((await ask(world, ['audit', '--format', 'json'], env)).json().changes.created, 2);
    assert.equal((await ask(world, ['audit'])).code, 2);
  });

  test('--adopt-url changes nothing for an address that is no Omni or lists none of the tokens', async () => {
    await using world = await createWatchedWorld();
    await using stranger = await startSimulator(manyTokens(2));
    const before = readTables(world.databasePath);
    inject(stranger, { status: 404 });
    const mistyped = await ask(world, ['check', '--adopt-url'], { OMNI_BASE_URL: stranger.baseUrl });
    assert.deepEqual([mistyped.code, /✗ Omni: the database was not adopted/.test(mistyped.stdout)], [1, true]);
    stranger.intercept = undefined;
    const wrong = await ask(world, ['check', '--adopt-url'], { OMNI_BASE_URL: stranger.baseUrl });
    assert.equal(wrong.code, 2);
    assert.match(
      wrong.stdout,
      /✗ database: .*not adopted: 0 of its \d+ tokens .*the 2 listed.*\n {4}Check OMNI_BASE_URL/,
    );
    assert.deepEqual(readTables(world.databasePath), before);
  });

  for (const [what, listing, reason] of [
    ['an empty list', page([], { totalRecords: 0 }), /the list is empty/],
    ['a total below the number of tokens', page([one, two], { totalRecords: 1 }), /2 records .* total of only 1/],
    ['one id twice', page([one, one], { totalRecords: 2 }), /repeat a token id/],
    ['fewer tokens than it counts', page([one], { totalRecords: 2 }), /1 tokens were listed, but Omni counts 2/],
  ] as const) {
    test(`fails for ${what}, as an audit does`, async () => {
      await using world = await createWorld();
      inject(world.omni, { at: /api-keys$/, body: listing });
      const { code, stdout } = await ask(world, ['check']);
      assert.equal(code, 1);
      assert.match(stdout, new RegExp(`✗ Omni: .*${reason.source}`));
    });
  }

  test('passes without an answer of whoami, as an audit does', async () => {
    await using world = await createWorld();
    inject(world.omni, { at: whoamiPath, status: 403 });
    const { code, stdout } = await ask(world, ['check']);
    assert.deepEqual([code, /✓ Omni: .*the rights of the credential are unknown \(.*403/.test(stdout)], [0, true]);
  });

  test('fails if an audit cannot list all pages within its deadline', async () => {
    await using world = await createWorld({ tokens: manyTokens(400) });
    const env = { OMNI_REQUESTS_PER_MINUTE: '1', AUDIT_DEADLINE_MINUTES: '2' };
    const { code, stdout } = await ask(world, ['check'], env);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /✗ Omni: listing 4 pages .* at least 6 minutes at 1 request.* only 2\n {4}Raise AUDIT_DEADLINE_MINUTES/,
    );
  });
});
