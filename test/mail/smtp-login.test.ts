import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SmtpConfig } from '../../src/config/settings.ts';
import type { OAuthClient } from '../../src/config/smtp-settings.ts';
import { AppError } from '../../src/errors.ts';
import { createMailer, type Mailer } from '../../src/mail/mailer.ts';
import { createDeliverBench } from '../support/deliver-bench.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { closedPort } from '../support/listen.ts';
import { recipient, someMessage } from '../support/messages.ts';
import { noAbort } from '../support/no-abort.ts';
import { clientCredentials, mailbox, refreshTokenClient, secretForms } from '../support/oauth-clients.ts';
import { type OAuthSmtpServer, startOAuthSmtpServer } from '../support/oauth-smtp-server.ts';
import { startSilentSmtpServer } from '../support/silent-smtp.ts';
import { giveToken, refuse, sendPage, startTokenEndpoint, type TokenEndpoint } from '../support/token-endpoint.ts';

function smtpConfig(port: number, oauth: OAuthClient): SmtpConfig {
  return { host: '127.0.0.1', port, security: 'none', login: { username: mailbox, oauth } };
}

function mailerFor(server: OAuthSmtpServer, endpoint: TokenEndpoint, clock: FakeClock = createFakeClock()): Mailer {
  return createMailer(smtpConfig(server.port, clientCredentials(endpoint.url)), clock);
}

/** Sends so many mails, one after the other, each of which must be taken. */
async function sendMails(mailer: Mailer, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    assert.deepEqual(await mailer.send(someMessage(number), recipient, noAbort), { kind: 'accepted' });
  }
}

function tokensOf({ logins }: OAuthSmtpServer): string[] {
  return logins.map(({ accessToken }) => accessToken);
}

describe('a log-in with a token in place of a password', () => {
  for (const [form, client] of Object.entries({ clientCredentials, refreshTokenClient })) {
    test(`sends mail as the mailbox that is set (${form})`, async () => {
      await using endpoint = await startTokenEndpoint();
      await using server = await startOAuthSmtpServer();

      await sendMails(createMailer(smtpConfig(server.port, client(endpoint.url))), 1);

      assert.deepEqual(server.logins, [{ username: mailbox, accessToken: 'token-1' }]);
      assert.match(server.mails[0] ?? '', /^Message-ID: <message-1@acme\.example>\r$/im);
    });
  }

  test('asks for one token, and uses it for the next mail too', async () => {
    await using endpoint = await startTokenEndpoint();
    await using server = await startOAuthSmtpServer();

    await sendMails(mailerFor(server, endpoint), 3);

    assert.equal(endpoint.requests.length, 1);
    assert.deepEqual(tokensOf(server), ['token-1', 'token-1', 'token-1']);
  });

  test('asks for a new token shortly before the old one is over, and not earlier', async () => {
    const clock = createFakeClock();
    await using endpoint = await startTokenEndpoint(giveToken({ expires_in: 3600 }));
    await using server = await startOAuthSmtpServer();
    const mailer = mailerFor(server, endpoint, clock);
    await sendMails(mailer, 1);

    clock.advance(3_539_999);
    await sendMails(mailer, 1);
    assert.deepEqual(tokensOf(server), ['token-1', 'token-1']);

    clock.advance(1);
    await sendMails(mailer, 1);
    assert.deepEqual(tokensOf(server), ['token-1', 'token-1', 'token-2']);
  });

  for (const refusesWith of ['challenge', '535'] as const) {
    test(`renews a token that the server refuses after a while (${refusesWith}), within the same attempt`, async () => {
      await using endpoint = await startTokenEndpoint();
      await using server = await startOAuthSmtpServer({ refusesWith });
      const mailer = mailerFor(server, endpoint);
      await sendMails(mailer, 1);

      server.takes = (accessToken) => accessToken !== 'token-1';
      await sendMails(mailer, 2);

      assert.deepEqual(tokensOf(server), ['token-1', 'token-1', 'token-2', 'token-2']);
      assert.equal(server.mails.length, 3);
    });

    test(`renews once where the new token is refused as well (${refusesWith}), and lets the mail wait`, async () => {
      await using endpoint = await startTokenEndpoint();
      await using server = await startOAuthSmtpServer({ refusesWith });
      const mailer = mailerFor(server, endpoint);
      await sendMails(mailer, 1);

      server.takes = () => false;
      const outcome = await mailer.send(someMessage(2), recipient, noAbort);

      assert.ok(outcome.kind === 'unavailable' && outcome.affectsAll);
      assert.match(outcome.reason, /^Invalid login: 535/);
      assert.deepEqual(tokensOf(server), ['token-1', 'token-1', 'token-2']);
      assert.equal(endpoint.requests.length, 2);
    });
  }

  test('asks for no second token where the first is refused at once: another would be no better', async () => {
    await using endpoint = await startTokenEndpoint();
    await using server = await startOAuthSmtpServer({ refusesWith: '535', takes: () => false });

    const outcome = await mailerFor(server, endpoint).send(someMessage(1), recipient, noAbort);

    assert.ok(outcome.kind === 'unavailable' && outcome.affectsAll);
    assert.deepEqual(tokensOf(server), ['token-1']);
  });

  test('uses no token again that was refused', async () => {
    await using endpoint = await startTokenEndpoint();
    await using server = await startOAuthSmtpServer({ refusesWith: '535', takes: (token) => token === 'token-2' });
    const mailer = mailerFor(server, endpoint);

    await mailer.send(someMessage(1), recipient, noAbort);
    await sendMails(mailer, 1);

    assert.deepEqual(tokensOf(server), ['token-1', 'token-2']);
  });

  test('asks for no token while the mail server is not there', async () => {
    await using endpoint = await startTokenEndpoint();

    const mailer = createMailer(smtpConfig(await closedPort(), clientCredentials(endpoint.url)));
    await mailer.send(someMessage(1), recipient, noAbort);

    assert.equal(endpoint.requests.length, 0);
  });

  test('sends no mail twice whose log-in was taken and that itself is refused', async () => {
    await using endpoint = await startTokenEndpoint();
    await using server = await startOAuthSmtpServer();
    const mailer = mailerFor(server, endpoint);
    await sendMails(mailer, 1);

    server.takesMail = false;
    const outcome = await mailer.send(someMessage(2), recipient, noAbort);

    assert.equal(outcome.kind, 'refused');
    assert.equal(server.mails.length, 2);
  });

  test('is given up, with its request for a token, when the program has to stop', { timeout: 10_000 }, async () => {
    const controller = new AbortController();
    const hungUp = Promise.withResolvers<void>();
    await using endpoint = await startTokenEndpoint((response) => {
      response.on('close', hungUp.resolve);
      controller.abort(new Error('told to stop'));
    });
    await using server = await startOAuthSmtpServer();

    const outcome = await mailerFor(server, endpoint).send(someMessage(1), recipient, controller.signal);
    await hungUp.promise;

    assert.equal(outcome.kind, 'unavailable');
    assert.deepEqual(server.logins, []);
  });
});

describe('a mail whose log-in gets no token', () => {
  const answers = {
    'since the endpoint refuses': refuse('invalid_grant'),
    'since the endpoint fails': sendPage(500),
    'since a page comes in its place': sendPage(200),
    'since the answer is far too large': giveToken({ padding: 'x'.repeat(100_000) }),
  };
  for (const [why, answer] of Object.entries(answers)) {
    test(`waits, and so does all other mail, ${why}`, async (context) => {
      await using endpoint = await startTokenEndpoint(answer);
      await using server = await startOAuthSmtpServer();
      const login = { username: mailbox, oauth: refreshTokenClient(endpoint.url) };
      const bench = createDeliverBench(context, server.port, { messageCount: 2, smtp: { login } });

      assert.deepEqual(await bench.deliver(), { sent: 0, pending: 2, parked: 0 });

      const deliveries = bench.deliveries();
      assert.deepEqual(
        deliveries.map(([delivery]) => delivery?.attempts),
        [1, 0],
      );
      assert.match(deliveries[0]?.[0]?.lastError ?? '', /^SMTP_OAUTH_TOKEN_URL \(127\.0\.0\.1:\d+\) /);
      for (const form of secretForms) assert.ok(!JSON.stringify(deliveries).includes(form), form);
      assert.deepEqual(server.logins, []);
      assert.equal(endpoint.requests.length, 1);
    });
  }

  test('waits while the endpoint is not there, and goes out once it is', async (context) => {
    await using server = await startOAuthSmtpServer();
    await using endpoint = await startTokenEndpoint((response, count, form) =>
      count === 1 ? response.destroy() : giveToken()(response, count, form),
    );
    const login = { username: mailbox, oauth: clientCredentials(endpoint.url) };
    const bench = createDeliverBench(context, server.port, { smtp: { login } });

    assert.deepEqual(await bench.deliver(), { sent: 0, pending: 1, parked: 0 });
    bench.clock.advance(60_000);
    assert.deepEqual(await bench.deliver(), { sent: 1, pending: 0, parked: 0 });
  });
});

describe('the check of a log-in with a token', () => {
  async function failureOf(config: SmtpConfig): Promise<AppError> {
    const error = await createMailer(config)
      .verify(noAbort)
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof AppError);
    return error;
  }

  test('is fine where the server takes the token', async () => {
    await using endpoint = await startTokenEndpoint();
    await using server = await startOAuthSmtpServer();

    await mailerFor(server, endpoint).verify(noAbort);

    assert.deepEqual(tokensOf(server), ['token-1']);
    assert.deepEqual(server.mails, []);
  });

  test('tells what is wrong at the token endpoint, and what to do', async () => {
    await using endpoint = await startTokenEndpoint(refuse('invalid_client', 401));
    await using server = await startOAuthSmtpServer();

    const { message, hint } = await failureOf(smtpConfig(server.port, clientCredentials(endpoint.url)));

    assert.match(message, /^SMTP_OAUTH_TOKEN_URL \(127\.0\.0\.1:\d+\) answered 401: invalid_client$/);
    assert.match(hint, /SMTP_OAUTH_CLIENT_SECRET/);
  });

  for (const refusesWith of ['challenge', '535'] as const) {
    test(`tells a token that the mail server does not take (${refusesWith}), and what to do`, async () => {
      await using endpoint = await startTokenEndpoint();
      await using server = await startOAuthSmtpServer({ refusesWith, takes: () => false });

      const { message, hint } = await failureOf(smtpConfig(server.port, clientCredentials(endpoint.url)));

      assert.match(message, /^127\.0\.0\.1:\d+: Invalid login: 535/);
      assert.match(hint, /SMTP_USERNAME .*SMTP_OAUTH_SCOPE/);
      assert.doesNotMatch(hint, /SMTP_PASSWORD/);
    });
  }

  test('ends at once when the program has to stop', { timeout: 10_000 }, async () => {
    const reason = new Error('told to stop');
    const controller = new AbortController();
    await using endpoint = await startTokenEndpoint(() => controller.abort(reason));
    await using server = await startOAuthSmtpServer();

    await assert.rejects(mailerFor(server, endpoint).verify(controller.signal), reason);
  });

  test('asks for no token before the mail server speaks', { timeout: 10_000 }, async () => {
    await using endpoint = await startTokenEndpoint();
    await using server = await startSilentSmtpServer();
    const controller = new AbortController();

    const verified = createMailer(smtpConfig(server.port, clientCredentials(endpoint.url))).verify(controller.signal);
    await server.spokenTo;
    controller.abort(new Error('told to stop'));

    await assert.rejects(verified, /told to stop/);
    assert.equal(endpoint.requests.length, 0);
  });
});
