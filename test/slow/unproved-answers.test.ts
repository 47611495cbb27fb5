import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { readTables } from '../support/database-rows.ts';
import { answer } from '../support/omni-answers.ts';
import { createWatchedWorld } from '../support/unattended.ts';
import { createWorld, type World } from '../support/world.ts';
import { makeToken, tokenAt } from '../support/world-tokens.ts';

const nothing = { created: 0, removed: 0, disabled: 0, enabled: 0, renamed: 0, other: 0 };

type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A page in Omni's shape. */
function page(
  records: unknown[],
  fields: { hasNextPage?: boolean; nextCursor?: string | null; totalRecords?: number },
) {
  const pageInfo = { hasNextPage: false, nextCursor: null, pageSize: 100, totalRecords: records.length, ...fields };
  return JSON.stringify({ pageInfo, records });
}

const json = (body: string): Intercept => {
  return (_request, response) => answer(response, 200, 'application/json', body);
};

const html = '<!doctype html><p>Please sign in to continue</p>';
const [one, two] = [makeToken(5), makeToken(4)];

/** One of each kind, at the command line; test/proof has them all. */
const faults: Record<string, { intercept: Intercept; message: RegExp; requests: number; isAlarming?: boolean }> = {
  'HTML instead of JSON': {
    intercept: (_request, response) => answer(response, 200, 'text/html', html),
    message: /page 1, failed: the answer is not JSON \("text\/html"\)\. Check OMNI_BASE_URL/,
    requests: 1,
  },
  'a short list': {
    intercept: json(page([one, two], { totalRecords: 3 })),
    message: /complete in 3 walks: 2 tokens were listed, but Omni counts 3/,
    requests: 3,
  },
  'a refused request': {
    intercept: (_request, response) => answer(response, 400, 'application/json', '{"error":"no","status":400}'),
    message: /page 1, failed with 400.*Set OMNI_API_TOKEN to an organization API key/,
    requests: 1,
    isAlarming: true,
  },
  'a redirect': {
    intercept: (_request, response) => {
      response.writeHead(302, { Location: 'https://login.acme.example/sign-in' }).end();
      return true;
    },
    message: /failed with 302: a redirect to login\.acme\.example.*Set OMNI_BASE_URL to the final address/,
    requests: 1,
  },
};

/** All that an audit may not touch when it fails: everything but the record of the run itself and its alarm. */
function conclusions(world: World): Record<string, unknown[]> {
  const { runs: _runs, sqlite_sequence: _sequence, messages, deliveries, ...rest } = readTables(world.databasePath);
  return { ...rest, messages: messages?.slice(0, 1) ?? [], deliveries: deliveries?.slice(0, 1) ?? [] };
}

/** `isAlarming`: a refused credential is mailed at once, any other failure only when it lasts. */
async function assertFailsCleanly(world: World, message: RegExp, isAlarming: boolean, env = {}): Promise<void> {
  const before = conclusions(world);
  const outcome = await world.run(['audit'], { env });
  assert.equal(outcome.code, 1, outcome.stderr);
  assert.match(outcome.stdout, message);
  assert.match(outcome.stdout, /^The audit failed: /);
  assert.doesNotMatch(outcome.stdout + outcome.stderr, /\n\s+at |"stack"|node_modules|file:\/\//);
  assert.deepEqual(conclusions(world), before);
  assert.equal(world.inbox.mails.length, isAlarming ? 1 : 0);
  if (isAlarming)
    assert.match(String((await world.lastMail()).subject), /^\[Omni tokens\] Acme.*: audit failing since /);
  // biome-ignore lint/suspicious/noExplicitAny: a row of the database
  const rows: any[] = readTables(world.databasePath).runs ?? [];
  const [complete, failed] = [rows[0], rows.at(-1)];
  assert.deepEqual([complete.status, failed.status, failed.token_count], ['complete', 'failed', null]);
  assert.ok(outcome.stdout.includes(failed.error), failed.error);
}

describe('an answer that proves nothing', () => {
  // One world for all: each of them must leave it as it was.
  let shared: World;
  before(async () => {
    shared = await createWatchedWorld();
  });
  after(() => shared[Symbol.asyncDispose]());

  for (const [name, { intercept, message, requests, isAlarming = false }] of Object.entries(faults)) {
    test(`such as ${name} fails the audit and changes nothing`, async () => {
      shared.omni.intercept = intercept;
      shared.omni.requests.length = 0;
      shared.inbox.mails.length = 0;
      await assertFailsCleanly(shared, message, isAlarming);
      assert.equal(shared.omni.requests.length, requests);
    });
  }

  test('such as a refused credential says which one is needed, and is forgotten with the right one', async () => {
    await using world = await createWatchedWorld();
    const message = /failed with 403: .*credential.*\. Set OMNI_API_TOKEN to .*Organization Admin/;
    await assertFailsCleanly(world, message, true, { OMNI_API_TOKEN: 'of-somebody-else' });
    const last = world.omni.requests.at(-1);
    assert.deepEqual([last?.status, last?.method], [403, 'GET']);
    tokenAt(world, 0).enabled = false;
    assert.deepEqual((await world.audit()).changes, { ...nothing, disabled: 1 });
  });

  test('fails a first audit too, and leaves the baseline to the next one', async () => {
    await using world = await createWorld();
    world.omni.intercept = json(page([], {}));
    const failed = await world.audit(1);
    assert.deepEqual(
      [failed.status, failed.tokenCount, failed.changes, failed.findings, failed.mail.queued],
      ['failed', null, null, null, 0],
    );
    assert.match(failed.error, /the list is empty/);
    world.omni.intercept = undefined;
    assert.equal((await world.audit()).isBaseline, true);
    assert.equal(world.inbox.mails.length, 1);
  });
});

test('the two records of Omni’s documentation are read as they stand', async () => {
  const url = new URL('../fixtures/docs-example.json', import.meta.url);
  const { tokens } = JSON.parse(readFileSync(url, 'utf8'));
  await using world = await createWatchedWorld({ tokens });
  const listed = await world.look('tokens');
  // biome-ignore lint/suspicious/noExplicitAny: the answer of a command
  const asSent = ({ id, name, type, enabled, createdAt, membershipId }: any) => {
    return { id, name, type, enabled, createdAt, membershipId };
  };
  assert.deepEqual(listed.map(asSent), tokens);
});
