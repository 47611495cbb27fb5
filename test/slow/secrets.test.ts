import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import BetterSqlite3 from 'better-sqlite3';
import { type FaultySmtpServer, startFaultySmtpServer } from '../support/smtp-faults.ts';
import { answer, createWorld, makeToken, type Outcome, tokenAt, type World } from '../support/world.ts';

const omniCanary = 'omni-canary-4Tq8vLw2';
const smtpCanary = 'smtp-canary-9Zk3pXn7';
const login = { username: 'audit', password: smtpCanary };

/** Every form in which a secret could slip out. */
const forms = [omniCanary, smtpCanary].flatMap((secret) => [
  secret,
  Buffer.from(secret).toString('base64'),
  Buffer.from(secret).toString('hex'),
]);
forms.push(Buffer.from(`\0${login.username}\0${smtpCanary}`).toString('base64'));

function assertSecretless(what: string, bytes: string | Buffer): void {
  for (const form of forms) assert.ok(!bytes.includes(form), `${what} holds ${form}`);
}

function assertNothingLeaked(outcomes: Outcome[], world: World, server: FaultySmtpServer): void {
  for (const { stdout, stderr } of outcomes) {
    assertSecretless('stdout', stdout);
    assertSecretless('stderr', stderr);
  }
  const files = readdirSync(world.folder).filter((name) => name !== 'secrets');
  for (const name of files) assertSecretless(name, readFileSync(join(world.folder, name)));
  for (const { raw } of [...server.received, ...world.inbox.mails]) assertSecretless('a mail', raw);
}

interface Case {
  /** By file instead of the variable itself. */
  byFile?: boolean;
  env?: Record<string, string | undefined>;
  intercept?: World['omni']['intercept'];
  /** Exit codes of one audit after the other. */
  codes: number[];
}

const echo = (
  status: number,
  contentType: string,
  body: (authorization: string) => string,
): World['omni']['intercept'] => {
  return (request, response) => answer(response, status, contentType, body(request.headers.authorization ?? ''));
};

const cases: Record<string, Case> = {
  'when all goes well': { codes: [0, 0] },
  'when they come from files': { byFile: true, codes: [0, 0] },
  'when the log-in is refused': { env: { SMTP_USERNAME: 'somebody' }, codes: [3] },
  'when Omni refuses the token': {
    intercept: echo(403, 'application/json', (sent) => JSON.stringify({ error: `Invalid API token ${sent}` })),
    codes: [1],
  },
  'when a proxy shows the request in its answer': { intercept: echo(200, 'text/html', (sent) => sent), codes: [1] },
  'when the answer has another shape and the token in it': {
    intercept: echo(200, 'application/json', (sent) =>
      JSON.stringify({
        pageInfo: { hasNextPage: sent, nextCursor: sent, totalRecords: sent },
        records: [{ id: sent }],
      }),
    ),
    codes: [1],
  },
  'when a redirect carries the token': {
    intercept: (request, response) => {
      const sent = encodeURIComponent(request.headers.authorization ?? '');
      response.writeHead(302, { Location: `https://other.example/?token=${sent}` }).end();
      return true;
    },
    codes: [1],
  },
  'when both forms of a secret are set': { env: { OMNI_API_TOKEN_FILE: '/somewhere' }, codes: [2] },
  'when the password has no user name': { env: { SMTP_USERNAME: undefined }, codes: [2] },
  'when a secret has a line break': { env: { OMNI_API_TOKEN: `${omniCanary}\n${smtpCanary}` }, codes: [2] },
};

describe('secrets stay out of logs, errors, mails and the database', { concurrency: 2 }, () => {
  for (const [name, { byFile = false, env = {}, intercept, codes }] of Object.entries(cases)) {
    test(name, async () => {
      await using server = await startFaultySmtpServer({ login });
      await using world = await createWorld({ apiToken: omniCanary });
      const secrets = join(world.folder, 'secrets');
      mkdirSync(secrets);
      writeFileSync(join(secrets, 'omni'), `${omniCanary}\n`);
      writeFileSync(join(secrets, 'smtp'), `${smtpCanary}\n`);
      const bySecret = byFile
        ? {
            OMNI_API_TOKEN: undefined,
            OMNI_API_TOKEN_FILE: join(secrets, 'omni'),
            SMTP_PASSWORD_FILE: join(secrets, 'smtp'),
          }
        : { SMTP_PASSWORD: smtpCanary };
      Object.assign(world.env, { LOG_LEVEL: 'trace', SMTP_PORT: String(server.port), SMTP_USERNAME: login.username });
      Object.assign(world.env, bySecret, env);
      world.omni.intercept = intercept;
      const outcomes = [await world.run(['audit'])];
      // A reader keeps the write-ahead log from being folded into the database and deleted.
      using _reader = codes[0] === 2 ? null : keepReading(world.databasePath);
      world.tokens.push(makeToken(1));
      tokenAt(world, 0).enabled = false;
      if (codes.length > 1) outcomes.push(await world.run(['audit', '--format', 'json']));
      assert.deepEqual(
        outcomes.map(({ code }) => code),
        codes,
        outcomes[0]?.stderr,
      );
      if (codes[0] === 0) assert.equal(server.accepted.length, 2);
      assertNothingLeaked(outcomes, world, server);
    });
  }

  test('when a token holds characters that no header can carry', async () => {
    await using server = await startFaultySmtpServer();
    await using world = await createWorld({ apiToken: omniCanary });
    const outcome = await world.run(['audit'], { env: { OMNI_API_TOKEN: `“${omniCanary}”` } });
    assertNothingLeaked([outcome], world, server);
    assert.equal(outcome.code, 2, outcome.stderr);
    assert.match(outcome.stderr, /OMNI_API_TOKEN/);
    assert.doesNotMatch(outcome.stdout + outcome.stderr, /\n\s+at |"stack"/);
  });

  test('when an address carries a password', async () => {
    await using server = await startFaultySmtpServer();
    await using world = await createWorld();
    const env = { OMNI_BASE_URL: `https://user:${omniCanary}@acme.omniapp.co` };
    const outcome = await world.run(['audit'], { env });
    assert.equal(outcome.code, 2);
    assert.match(outcome.stderr, /OMNI_BASE_URL.*leave out the user name and password/);
    assertNothingLeaked([outcome], world, server);
  });
});

function keepReading(path: string): Disposable {
  const db = new BetterSqlite3(path, { readonly: true });
  db.exec('BEGIN');
  db.prepare('SELECT count(*) FROM runs').get();
  return { [Symbol.dispose]: () => db.close() };
}
