import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { describe, test } from 'node:test';
import { Secret } from '../../src/config/secret.ts';
import { AppError } from '../../src/errors.ts';
import { createMailer, type Mailer } from '../../src/mail/mailer.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { localSmtp } from '../support/local-smtp.ts';
import { recipient, sender, someMessage } from '../support/messages.ts';
import { noAbort } from '../support/no-abort.ts';
import { clientCredentials, mailbox, secretForms } from '../support/oauth-clients.ts';
import { type OAuthSmtpServer, startOAuthSmtpServer } from '../support/oauth-smtp-server.ts';
import { startSilentSmtpServer } from '../support/silent-smtp.ts';
import { giveToken, refuse, startTokenEndpoint, type TokenEndpoint } from '../support/token-endpoint.ts';

function mailerFor({ port }: { port: number }, { url }: TokenEndpoint, clock: FakeClock = createFakeClock()): Mailer {
  const login = { username: mailbox, oauth: clientCredentials(url) };
  return createMailer(localSmtp(port, { login }), clock);
}

async function sendMails(mailer: Mailer, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    assert.deepEqual(await mailer.send(someMessage(number), recipient, noAbort), { kind: 'accepted' });
  }
}

async function sendFails(mailer: Mailer, reason: RegExp): Promise<void> {
  const outcome = await mailer.send(someMessage(1), recipient, noAbort);
  assert.ok(outcome.kind === 'unavailable' && outcome.affectsAll);
  assert.match(outcome.reason, reason);
  for (const form of secretForms) assert.ok(!outcome.reason.includes(form), form);
}

function tokensOf({ logins }: OAuthSmtpServer): string[] {
  return logins.map(({ accessToken }) => accessToken);
}

test('the code for OAuth is loaded only when a login uses it', async () => {
  const loaded: string[] = [];
  registerHooks({
    load(url, context, next) {
      loaded.push(url);
      return next(url, context);
    },
  });
  const isLoaded = (): boolean => loaded.some((url) => url.endsWith('/src/mail/oauth-token.ts'));
  await using endpoint = await startTokenEndpoint();
  await using server = await startOAuthSmtpServer();
  const login = { username: mailbox, password: new Secret('not accepted') };
  const passwordMailer = createMailer(localSmtp(server.port, { login }));
  await assert.rejects(passwordMailer.rehearse(sender, [recipient], noAbort), AppError);
  assert.equal(isLoaded(), false);
  await sendMails(mailerFor(server, endpoint), 1);
  assert.equal(isLoaded(), true);
});

describe('a login with an access token', { concurrency: true, timeout: 20_000 }, () => {
  test('uses one token for several mails from the configured mailbox', async () => {
    await using endpoint = await startTokenEndpoint();
    await using server = await startOAuthSmtpServer();
    await sendMails(mailerFor(server, endpoint), 2);
    const login = { username: mailbox, accessToken: 'token-1' };
    assert.deepEqual(server.logins, [login, login]);
    assert.match(server.mails[0] ?? '', /^Message-ID: <message-1@acme\.example>\r$/im);
    assert.equal(endpoint.requests.length, 1);
  });

  test('requests a new token one minute before the old one expires, and not earlier', async () => {
    const clock = createFakeClock();
    await using endpoint = await startTokenEndpoint(giveToken({ expires_in: 3600 }));
    await using server = await startOAuthSmtpServer();
    const mailer = mailerFor(server, endpoint, clock);
    await sendMails(mailer, 1);
    clock.advance(3_539_999);
    await sendMails(mailer, 1);
    clock.advance(1);
    await sendMails(mailer, 1);
    assert.deepEqual(tokensOf(server), ['token-1', 'token-1', 'token-2']);
  });

  for (const refusesWith of ['challenge', '535'] as const) {
    test(`renews a refused token once within the same attempt (${refusesWith})`, async () => {
      await using endpoint = await startTokenEndpoint();
      await using server = await startOAuthSmtpServer({ refusesWith });
      const mailer = mailerFor(server, endpoint);
      await sendMails(mailer, 1);
      server.takes = (accessToken) => accessToken !== 'token-1';
      await sendMails(mailer, 2);
      assert.deepEqual(tokensOf(server), ['token-1', 'token-1', 'token-2', 'token-2']);
      server.takes = () => false;
      await sendFails(mailer, /^the server refused the login: 535/);
      assert.deepEqual(tokensOf(server).slice(4), ['token-2', 'token-3']);
    });
  }

  test('neither renews nor reuses a token that was refused at its first use', async () => {
    await using endpoint = await startTokenEndpoint();
    await using server = await startOAuthSmtpServer({ refusesWith: '535', takes: (token) => token === 'token-2' });
    const mailer = mailerFor(server, endpoint);
    await sendFails(mailer, /^the server refused the login: 535/);
    assert.deepEqual(tokensOf(server), ['token-1']);
    await sendMails(mailer, 1);
    assert.deepEqual(tokensOf(server), ['token-1', 'token-2']);
  });

  test('is not repeated when the server accepts the token but refuses the mail', async () => {
    await using endpoint = await startTokenEndpoint();
    await using server = await startOAuthSmtpServer();
    const mailer = mailerFor(server, endpoint);
    await sendMails(mailer, 1);
    server.takesMail = false;
    const outcome = await mailer.send(someMessage(2), recipient, noAbort);
    assert.equal(outcome.kind, 'refused');
    assert.equal(server.mails.length, 2);
  });

  test('fails while the endpoint gives no token, and works when it does', async () => {
    await using server = await startOAuthSmtpServer();
    await using endpoint = await startTokenEndpoint((response, count, form) =>
      (count === 1 ? refuse('invalid_grant') : giveToken())(response, count, form),
    );
    const mailer = mailerFor(server, endpoint);
    await sendFails(mailer, /^SMTP_OAUTH_TOKEN_URL \(127\.0\.0\.1:\d+\) answered 400: invalid_grant$/);
    assert.deepEqual(server.logins, []);
    await sendMails(mailer, 1);
  });

  test('cancels the request for a token when it is aborted', async () => {
    const controller = new AbortController();
    const hungUp = Promise.withResolvers<void>();
    await using endpoint = await startTokenEndpoint((response) => {
      response.on('close', hungUp.resolve);
      controller.abort();
    });
    await using server = await startOAuthSmtpServer();
    const outcome = await mailerFor(server, endpoint).send(someMessage(1), recipient, controller.signal);
    await hungUp.promise;
    assert.equal(outcome.kind, 'unavailable');
    assert.deepEqual(server.logins, []);
  });
});

describe('the check of a login with an access token', { concurrency: true, timeout: 20_000 }, () => {
  test('succeeds without sending mail when the server accepts the token', async () => {
    await using endpoint = await startTokenEndpoint();
    await using server = await startOAuthSmtpServer();
    await mailerFor(server, endpoint).rehearse(sender, [recipient], noAbort);
    assert.deepEqual(tokensOf(server), ['token-1']);
    assert.deepEqual(server.mails, []);
  });

  test('reports an error of the token endpoint with its hint', async () => {
    await using endpoint = await startTokenEndpoint(refuse('invalid_client', 401));
    await using server = await startOAuthSmtpServer();
    await assert.rejects(mailerFor(server, endpoint).rehearse(sender, [recipient], noAbort), (error) => {
      assert.ok(error instanceof AppError);
      assert.match(error.message, /^SMTP_OAUTH_TOKEN_URL \(127\.0\.0\.1:\d+\) answered 401: invalid_client$/);
      assert.match(error.hint, /SMTP_OAUTH_CLIENT_SECRET/);
      return true;
    });
  });

  test('reports a token that the mail server refuses, with a hint', async () => {
    await using endpoint = await startTokenEndpoint();
    await using server = await startOAuthSmtpServer({ takes: () => false });
    await assert.rejects(mailerFor(server, endpoint).rehearse(sender, [recipient], noAbort), (error) => {
      assert.ok(error instanceof AppError);
      assert.match(error.message, /^127\.0\.0\.1:\d+: the server refused the login: 535/);
      assert.match(error.hint, /^Check SMTP_USERNAME .*SMTP_OAUTH_SCOPE/);
      return true;
    });
  });

  test('requests no token before the mail server answers, and can be aborted', async () => {
    await using endpoint = await startTokenEndpoint();
    await using server = await startSilentSmtpServer();
    const controller = new AbortController();
    const verified = mailerFor(server, endpoint).rehearse(sender, [recipient], controller.signal);
    await server.spokenTo;
    const reason = new Error('shutting down');
    controller.abort(reason);
    await assert.rejects(verified, reason);
    assert.deepEqual(endpoint.requests, []);
  });
});
