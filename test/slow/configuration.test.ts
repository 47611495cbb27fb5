import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createWorld, type Outcome } from '../support/world.ts';

function assertRefused({ code, stdout, stderr }: Outcome, problems: RegExp[]): void {
  assert.equal(code, 2, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, new RegExp(`${problems.length} problems? in the configuration`));
  const lines = stderr.trimEnd().split('\n');
  for (const problem of problems) assert.equal(lines.filter((line) => problem.test(line)).length, 1, String(problem));
  assert.doesNotMatch(stderr, /\n\s+at /);
}

describe('the configuration', { concurrency: 2 }, () => {
  test('is refused with all of its problems at once, each with its variable, value and hint', async () => {
    await using world = await createWorld({
      env: {
        OMNI_REQUESTS_PER_MINUTE: 'many',
        SMTP_PORT: '70000',
        SMTP_SECURITY: 'ssl',
        MAIL_TO: 'not an address',
        STALE_AFTER_DAYS_MCP: '365,180',
      },
    });
    assertRefused(await world.run(['audit']), [
      /OMNI_REQUESTS_PER_MINUTE "many": use a whole number/,
      /SMTP_PORT "70000": use a whole number from 1 to 65535/,
      /SMTP_SECURITY "ssl": use one of starttls, tls, none/,
      /MAIL_TO "not an address": .* use name@example\.com/,
      /STALE_AFTER_DAYS_MCP "365,180": list days in ascending order/,
    ]);
    assert.equal(existsSync(world.databasePath), false);
    assert.equal(world.omni.requests.length, 0);
  });

  test('names everything that an audit needs and that is not set; empty is not set', async () => {
    await using world = await createWorld();
    const env = { OMNI_BASE_URL: undefined, OMNI_API_TOKEN: '', SMTP_HOST: '', MAIL_FROM: undefined, MAIL_TO: '' };
    assertRefused(await world.run(['audit'], { env }), [
      /OMNI_BASE_URL is not set: set it to/,
      /OMNI_API_TOKEN is not set: set it to .*, or OMNI_API_TOKEN_FILE to the path of its file/,
      /SMTP_HOST is not set: set it to/,
      /MAIL_FROM is not set: set it to/,
      /MAIL_TO is not set: set it to/,
    ]);
  });

  test('refuses to send the token unencrypted to another machine', async () => {
    await using world = await createWorld({ env: { OMNI_BASE_URL: 'http://acme.omniapp.co' } });
    assertRefused(await world.run(['audit']), [/OMNI_BASE_URL "http:\/\/acme\.omniapp\.co": use https:\/\//]);
    assert.equal(existsSync(world.databasePath), false);
  });

  test('refuses to send mail unencrypted to another machine, unless that is accepted', async () => {
    await using world = await createWorld({ env: { SMTP_HOST: 'mail.acme.example' } });
    assertRefused(await world.run(['audit']), [/SMTP_SECURITY "none".*SMTP_ALLOW_PLAINTEXT=true/]);
  });

  test('refuses a secret that is set twice, and a file that cannot be read', async () => {
    await using world = await createWorld();
    const file = join(world.folder, 'missing');
    const twice = await world.run(['audit'], { env: { OMNI_API_TOKEN_FILE: file } });
    assertRefused(twice, [/OMNI_API_TOKEN and OMNI_API_TOKEN_FILE are both set: remove one of them/]);
    const missing = await world.run(['audit'], { env: { OMNI_API_TOKEN: undefined, OMNI_API_TOKEN_FILE: file } });
    assertRefused(missing, [/OMNI_API_TOKEN_FILE ".*missing": the file cannot be read \(ENOENT\)/]);
  });

  test('does not call a password missing whose file cannot be read', async () => {
    await using world = await createWorld();
    const env = { SMTP_USERNAME: 'audit', SMTP_PASSWORD_FILE: join(world.folder, 'missing') };
    assertRefused(await world.run(['audit'], { env }), [/SMTP_PASSWORD_FILE ".*missing": the file cannot be read/]);
  });

  test('comes from a .env file too, over which the environment wins', async () => {
    await using world = await createWorld();
    const lines = Object.entries(world.env).map(([name, value]) => `${name}="${value}"`);
    writeFileSync(join(world.folder, '.env'), lines.filter((line) => !line.startsWith('PATH=')).join('\n'));
    const others = Object.keys(world.env).filter((name) => name !== 'PATH');
    const env = { ...Object.fromEntries(others.map((name) => [name, undefined])), ORGANIZATION_NAME: 'Winner' };
    const outcome = await world.run(['audit'], { env });
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(String((await world.lastMail()).subject), /^\[Omni tokens\] Winner: baseline/);
  });

  test('warns of a variable that is probably a typing error', async () => {
    await using world = await createWorld({ env: { MAIL_TOO: 'x@acme.example', OMNI_API_TOKEN_FILES: 'y' } });
    const outcome = await world.run(['audit']);
    assert.equal(outcome.code, 0);
    const warnings = outcome.logs().filter(({ variable }) => variable !== undefined);
    assert.deepEqual(
      warnings.map(({ level, variable }) => [level, variable]),
      [
        ['warn', 'MAIL_TOO'],
        ['warn', 'OMNI_API_TOKEN_FILES'],
      ],
    );
  });
});
