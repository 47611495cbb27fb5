import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startHttpServer } from '../support/http-server.ts';
import { startScriptedSmtpServer } from '../support/scripted-smtp.ts';
import { startSilentSmtpServer } from '../support/silent-smtp.ts';
import { createWorld } from '../support/world.ts';

describe('a command ends, although', { concurrency: 4 }, () => {
  test('the watchdog never ends its answer', async () => {
    await using watchdog = await startHttpServer((response) => {
      response.writeHead(200).write('OK');
    });
    await using world = await createWorld({ env: { HEARTBEAT_URL: `${watchdog.baseUrl}/ping` } });
    const { code, stderr } = await world.run(['audit']);
    assert.equal(code, 0);
    assert.doesNotMatch(stderr, /heartbeat/);
    assert.equal(watchdog.requests.length, 2);
  });

  test('the mail server drips its answer for ever', async () => {
    await using smtp = await startScriptedSmtpServer((step) => (step === 'EHLO' ? { drip: true } : undefined));
    await using world = await createWorld({ env: { SMTP_PORT: String(smtp.port) } });
    const { code, stdout } = await world.run(['check'], { maxMs: 90_000 });
    assert.equal(code, 1);
    assert.match(stdout, /^✗ mail server: 127\.0\.0\.1:\d+: the server did not answer EHLO in time$/m);
  });

  test('the mail server drips its goodbye for ever', async () => {
    await using smtp = await startScriptedSmtpServer((step) => (step === 'QUIT' ? { drip: true } : undefined));
    await using world = await createWorld({ env: { SMTP_PORT: String(smtp.port) } });
    for (const command of ['send-test', 'check']) assert.equal((await world.run([command])).code, 0, command);
  });

  for (const command of ['check', 'send-test']) {
    test(`the mail server stays silent, if SIGHUP stops \`${command}\``, async () => {
      await using smtp = await startSilentSmtpServer();
      await using world = await createWorld({ env: { SMTP_PORT: String(smtp.port) } });
      const { child, outcome } = world.start([command]);
      await smtp.spokenTo;
      child.kill('SIGHUP');
      const { code, stdout, stderr } = await outcome;
      assert.equal(code, 1);
      assert.match(stderr, /^omni-token-audit: stopped by SIGHUP\n$/m);
      assert.doesNotMatch(stdout, /✗/);
    });
  }
});
