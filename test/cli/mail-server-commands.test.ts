import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask } from '../support/ask.ts';
import { execute } from '../support/database-rows.ts';
import { closedPort } from '../support/listen.ts';
import { startScriptedSmtpServer } from '../support/scripted-smtp.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';
import { createWorld } from '../support/world.ts';

describe('check', () => {
  test('prints every recipient, and fails if the mail server refuses one', async () => {
    await using server = await startFaultySmtpServer({
      faults: {
        recipient: (address) =>
          address.startsWith('jane') ? { responseCode: 550, message: '5.1.1 no such user' } : undefined,
      },
    });
    const env = { SMTP_PORT: String(server.port), MAIL_TO: 'jane@acme.example, bob@acme.example' };
    await using world = await createWorld({ env });
    const { code, stdout } = await ask(world, ['check']);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /✓ mail server: .*\n✗ recipient: jane@acme\.example: 550 5\.1\.1 no such user .*\n {4}Check MAIL_TO\n✓ recipient: the server accepts bob@acme\.example\n$/,
    );
    assert.deepEqual(server.received, []);
  });

  test('shows nothing raw from the greeting of the mail server, and no mark of its own in it', async () => {
    const greeting = '554-\u001b[2J\u202eno\r\n554-✓ mail server: is ready\r\n554 ✗\u200b';
    await using server = await startScriptedSmtpServer((step) => (step === 'connection' ? greeting : undefined));
    await using world = await createWorld({ env: { SMTP_PORT: String(server.port) } });
    const { code, stdout, stderr } = await world.run(['check']);
    assert.deepEqual([code, stderr], [1, '']);
    const [line = ''] = stdout.split('\n').filter((each) => each.includes('mail server: '));
    assert.match(
      line,
      /^✗ mail server: .*: 554 �\[2J�no ⟨U\+2713⟩ mail server: is ready ⟨U\+2717⟩� \(instead of a greeting\)$/,
    );
    for (const each of stdout.split('\n')) assert.doesNotMatch(each, /.[✓✗]|^✓ (?:mail server|recipient)/);
  });

  test('fails if SMTP_USERNAME is set and the server offers no login, and audit keeps its mail', async () => {
    await using world = await createWorld({ env: { SMTP_USERNAME: 'audit', SMTP_PASSWORD: 'hunter2-and-more' } });
    const { code, stdout } = await ask(world, ['check']);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /✗ mail server: .* offers no login \(AUTH\), but SMTP_USERNAME is set; nothing was sent\n {4}\S/,
    );
    assert.match(stdout, /✗ recipient: security@acme\.example could not be tried\n/);
    assert.equal((await ask(world, ['audit'])).code, 3);
    assert.deepEqual(world.inbox.mails, []);
  });

  test('advises a full name for the greeting if the domain of MAIL_FROM has no dot', async () => {
    await using world = await createWorld({ env: { MAIL_FROM: 'audit@localhost' } });
    const { code, stdout } = await ask(world, ['check']);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /✓ mail server: .*\n {4}Set SMTP_EHLO_NAME to a full host name: many servers refuse the greeting "localhost", .*\n✓/,
    );
    const named = await ask(world, ['check'], { SMTP_EHLO_NAME: 'audit.acme.example' });
    assert.doesNotMatch(named.stdout, /SMTP_EHLO_NAME/);
  });
});

test('mail --retry names each mail that another process holds, and until when', async () => {
  await using world = await createWorld();
  const env = { SMTP_PORT: String(await closedPort()) };
  assert.equal((await ask(world, ['audit'], env)).code, 3);
  const until = new Date(Date.now() + 100_000).toISOString();
  execute(world.databasePath, 'UPDATE deliveries SET lease_until = ?, next_attempt_at = ?', until, until);
  const { code, stdout } = await ask(world, ['mail', '--retry']);
  assert.equal(code, 3);
  const sentence = `Mail 1 to security@acme.example was not retried: another process holds it until ${until} at the latest.`;
  assert.ok(stdout.endsWith(`\n${sentence}\n`), stdout);
  const asJson = await ask(world, ['mail', '--retry', '--format', 'json']);
  assert.equal(asJson.json().length, 1);
  const line = asJson.log.find(({ msg }) => msg === 'mail not retried: another process holds it');
  assert.equal(line?.until, until);
  assert.deepEqual(world.inbox.mails, []);
});
