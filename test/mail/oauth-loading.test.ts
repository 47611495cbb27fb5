import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { test } from 'node:test';
import { Secret } from '../../src/config/secret.ts';
import type { SmtpConfig } from '../../src/config/settings.ts';
import { closedPort } from '../support/listen.ts';
import { startFaultySmtpServer } from '../support/smtp-faults.ts';

test('what OAuth needs is loaded by a log-in with a token, and by no other', async () => {
  const loaded: string[] = [];
  registerHooks({
    load(url, context, next) {
      loaded.push(url);
      return next(url, context);
    },
  });
  const forOAuth = (): string[] => loaded.filter((url) => /\/node_modules\/ky\/|oauth-token\.ts$/.test(url));
  const { createMailer } = await import('../../src/mail/mailer.ts');
  const verify = (login: SmtpConfig['login'], port: number): Promise<void> =>
    createMailer({ host: '127.0.0.1', port, security: 'none', login }).verify(new AbortController().signal);
  const username = 'audit';

  await using server = await startFaultySmtpServer({ login: { username, password: 'right' } });
  await verify({ username, password: new Secret('right') }, server.port);
  await using open = await startFaultySmtpServer();
  await verify(null, open.port);
  assert.ok(loaded.some((url) => url.endsWith('/src/mail/smtp-login.ts')));
  assert.deepEqual(forOAuth(), []);

  const oauth = {
    tokenUrl: `http://127.0.0.1:${await closedPort()}/token`,
    clientId: 'id',
    clientSecret: new Secret('secret'),
    refreshToken: null,
    scope: null,
  };
  await assert.rejects(verify({ username, oauth }, server.port), /ECONNREFUSED/);
  assert.ok(forOAuth().some((url) => url.endsWith('/src/mail/oauth-token.ts')));
});
