import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { clientSecret, mailbox, refreshToken, secretForms } from '../support/oauth-clients.ts';
import { startOAuthSmtpServer } from '../support/oauth-smtp-server.ts';
import { giveToken, refuse, sendPage, startTokenEndpoint, type TokenAnswer } from '../support/token-endpoint.ts';
import { createWorld, type Outcome, type Variables, type World } from '../support/world.ts';

interface Servers {
  tokenUrl: string;
  smtpPort: number;
}

/** The settings of a refresh token, whose secrets come from files beside the database. */
function settings(world: World, { tokenUrl, smtpPort }: Servers): Variables {
  const secretFile = (name: string, value: string): string => {
    const path = join(world.folder, name);
    writeFileSync(path, `${value}\n`);
    return path;
  };
  return {
    LOG_LEVEL: 'trace',
    SMTP_PORT: String(smtpPort),
    SMTP_USERNAME: mailbox,
    SMTP_OAUTH_TOKEN_URL: tokenUrl,
    SMTP_OAUTH_CLIENT_ID: 'some-client',
    SMTP_OAUTH_CLIENT_SECRET_FILE: secretFile('secret.txt', clientSecret),
    SMTP_OAUTH_REFRESH_TOKEN_FILE: secretFile('refresh.txt', refreshToken),
  };
}

function assertNothingLeaked({ stdout, stderr }: Outcome, world: World): void {
  const files = readdirSync(world.folder).filter((name) => !name.endsWith('.txt'));
  const places = [stdout, stderr, ...files.map((name) => readFileSync(join(world.folder, name)))];
  for (const place of places) for (const form of secretForms) assert.ok(!place.includes(form), form);
}

describe('with a token in place of a password', { concurrency: 2 }, () => {
  test('a test mail goes out, and no secret with it', async () => {
    await using endpoint = await startTokenEndpoint();
    await using smtp = await startOAuthSmtpServer();
    await using world = await createWorld();
    const env = settings(world, { tokenUrl: endpoint.url, smtpPort: smtp.port });

    const outcome = await world.run(['send-test'], { env });

    assert.equal(outcome.stdout, 'Mail: 1 sent, 0 waiting, 0 parked.\n', outcome.stderr);
    assert.deepEqual(smtp.logins, [{ username: mailbox, accessToken: 'token-1' }]);
    for (const form of secretForms) assert.ok(!smtp.mails.join().includes(form), form);
    assertNothingLeaked(outcome, world);
  });

  test('`check` says that the mail server lets us in', async () => {
    await using endpoint = await startTokenEndpoint();
    await using smtp = await startOAuthSmtpServer();
    await using world = await createWorld();
    const env = settings(world, { tokenUrl: endpoint.url, smtpPort: smtp.port });

    const outcome = await world.run(['check'], { env });

    assert.equal(outcome.code, 0, outcome.stdout);
    assert.match(outcome.stdout, /^✓ mail server: 127\.0\.0\.1:\d+ is ready \(none, logged in\); 1 recipient$/m);
    assertNothingLeaked(outcome, world);
  });

  const failures: Record<string, [TokenAnswer, says: RegExp]> = {
    'the refresh token was revoked': [
      refuse('invalid_grant'),
      /✗ mail server: SMTP_OAUTH_TOKEN_URL \(127\.0\.0\.1:\d+\) answered 400: invalid_grant\n {4}Create a new SMTP_OAUTH_REFRESH_TOKEN/,
    ],
    'the endpoint shows what it was sent': [
      sendPage(401),
      /✗ mail server: SMTP_OAUTH_TOKEN_URL .* answered 401\n {4}.*SMTP_OAUTH_TOKEN_URL/,
    ],
    'the token is odd': [
      giveToken({ access_token: `${refreshToken} ${clientSecret}` }),
      /✗ mail server: .* answered without a usable access_token\n {4}.*SMTP_OAUTH_TOKEN_URL/,
    ],
  };
  for (const [what, [answer, says]] of Object.entries(failures)) {
    test(`\`check\` says what to do when ${what}, and mail waits`, async () => {
      await using endpoint = await startTokenEndpoint(answer);
      await using smtp = await startOAuthSmtpServer();
      await using world = await createWorld();
      const env = settings(world, { tokenUrl: endpoint.url, smtpPort: smtp.port });

      const checked = await world.run(['check'], { env });
      const sent = await world.run(['send-test'], { env });

      assert.equal(checked.code, 1);
      assert.match(checked.stdout, says);
      assertNothingLeaked(checked, world);
      assert.equal(sent.code, 3, sent.stderr);
      assert.match(sent.stdout, /^Mail: 0 sent, 1 waiting, 0 parked\./);
      assertNothingLeaked(sent, world);
    });
  }

  test('`check` refuses a password beside it before it asks anybody', async () => {
    await using endpoint = await startTokenEndpoint();
    await using world = await createWorld();
    const env = settings(world, { tokenUrl: endpoint.url, smtpPort: 1 });

    const outcome = await world.run(['check'], { env: { ...env, SMTP_PASSWORD: clientSecret } });

    assert.equal(outcome.code, 2);
    assert.match(outcome.stdout, /^✗ configuration: SMTP_PASSWORD and SMTP_OAUTH_TOKEN_URL are both set: /m);
    assert.equal(endpoint.requests.length, 0);
    assertNothingLeaked(outcome, world);
  });
});
