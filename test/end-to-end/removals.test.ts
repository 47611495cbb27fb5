import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SimulatedToken } from '../../src/demo/omni-simulator.ts';
import { readTables } from '../support/database-rows.ts';
import { answer } from '../support/omni-answers.ts';
import { createUnattended, type Unattended } from '../support/unattended.ts';
import type { World } from '../support/world.ts';
import { makeToken, manyTokens } from '../support/world-tokens.ts';

function oneLine(text: string | undefined): string {
  return String(text).replaceAll(/\s+/g, ' ');
}

/** Requests for one token by its id. */
function questions({ omni }: World): number {
  return omni.requests.filter(({ path }) => /\/api-keys\/[^?]/.test(path)).length;
}

function walks({ omni }: World): number {
  return omni.requests.filter(({ path }) => path.includes('/api-keys?') && !path.includes('cursor=')).length;
}

async function auditedThen(tokens: SimulatedToken[]): Promise<Unattended> {
  const unattended = await createUnattended({ tokens });
  await unattended.audit();
  unattended.world.omni.requests.length = 0;
  return unattended;
}

/** The listing hides tokens that Omni still knows by id. */
function hideFromListing({ omni, tokens }: World, hidden: SimulatedToken[]): void {
  const known = new Map(hidden.map((token) => [token.id, token]));
  tokens.splice(0, tokens.length, ...tokens.filter(({ id }) => !known.has(id)));
  omni.intercept = ({ url = '' }, response) => {
    const token = known.get(url.split('/').at(-1) ?? '');
    return token !== undefined && answer(response, 200, 'application/json', JSON.stringify(token));
  };
}

describe('a token that is gone', { concurrency: 2 }, () => {
  test('is asked for by its id before it is called removed, which the digest calls confirmed', async () => {
    await using unattended = await auditedThen(manyTokens(30));
    const { world, auditAfter } = unattended;
    world.tokens.splice(3, 2);
    await auditAfter(60);
    assert.deepEqual([questions(world), walks(world)], [2, 1]);
    const mail = await world.lastMail();
    assert.equal(mail.subject, '[Omni tokens] Acme: 2 removed');
    assert.equal(oneLine(mail.text).match(/confirmed: Omni answers that it is gone/g)?.length, 2);
  });

  test('is asked for at most twenty times a run', async () => {
    await using unattended = await auditedThen(manyTokens(200));
    const { world, auditAfter } = unattended;
    world.tokens.splice(10, 30);
    await auditAfter(60);
    assert.equal(questions(world), 20);
    const findings: { detail: { confirmed: boolean } }[] = await world.look('findings', '--run', '2');
    assert.equal(findings.length, 30);
    assert.equal(findings.filter(({ detail }) => detail.confirmed).length, 20);
  });

  test('is not removed when Omni still knows it: it lists again, then fails and mails at once', async () => {
    await using unattended = await auditedThen(manyTokens(8));
    const { world, auditAfter, subjects } = unattended;
    const before = readTables(world.databasePath).token_versions;
    hideFromListing(world, world.tokens.slice(2, 3));
    const { audit } = await auditAfter(60);
    assert.equal(audit.status, 'failed');
    assert.equal(walks(world), 2);
    assert.deepEqual(readTables(world.databasePath).token_versions, before);
    assert.match((await subjects()).at(-1) ?? '', /audit failing since/);
    const text = oneLine((await world.lastMail()).text);
    assert.match(text, /1 token is gone from the listing, but Omni still knows it by id/);
    assert.match(text, /audit --accept-removals/);
  });

  test('that is back in the second listing was never gone', async () => {
    await using unattended = await auditedThen(manyTokens(8));
    const { world, auditAfter } = unattended;
    const [hidden] = world.tokens.splice(2, 1);
    assert.ok(hidden);
    world.omni.intercept = ({ url = '' }, response) => {
      if (!url.endsWith(hidden.id)) return false;
      world.tokens.push(hidden);
      world.omni.intercept = undefined;
      return answer(response, 200, 'application/json', JSON.stringify(hidden));
    };
    const { audit } = await auditAfter(60);
    assert.equal(audit.status === 'complete' && audit.changes.removed, 0);
    assert.equal(world.inbox.mails.length, 1);
  });
});

describe('an unlikely number of tokens that are gone', { concurrency: 2 }, () => {
  test('is listed again and sampled by id, then told under a banner', async () => {
    await using unattended = await auditedThen(manyTokens(40));
    const { world, auditAfter } = unattended;
    world.tokens.splice(0, 30);
    const { audit } = await auditAfter(60);
    assert.equal(audit.status === 'complete' && audit.changes.removed, 30);
    assert.deepEqual([walks(world), questions(world)], [2, 20]);
    assert.match(
      oneLine((await world.lastMail()).text),
      /ATTENTION: 30 tokens are gone at once.*read a second time.*asked for 20 of them by id, confirmed it/,
    );
  });

  test('fails the run when Omni still knows one of them, and goes on with --accept-removals', async () => {
    await using unattended = await auditedThen([makeToken(1), ...manyTokens(40)]);
    const { world, auditAfter, subjects } = unattended;
    hideFromListing(world, world.tokens.slice(1, 31));
    const { audit } = await auditAfter(60);
    assert.equal(audit.status, 'failed');
    assert.match((await subjects()).at(-1) ?? '', /audit failing since/);

    const accepted = await world.run(['audit', '--accept-removals', '--format', 'json']);
    assert.equal(accepted.code, 0, accepted.stderr);
    assert.equal(accepted.json().changes.removed, 30);
    const mails = (await subjects()).slice(-2);
    assert.match(mails.join('\n'), /recovered[\s\S]*30 removed/);
    assert.match(oneLine((await world.lastMail()).text), /an operator vouched for it with --accept-removals/);
  });

  test('is told as failing at once, also when another failure was told just before', async () => {
    await using unattended = await auditedThen(manyTokens(40));
    const { world, auditAfter } = unattended;
    world.omni.intercept = (_request, response) => answer(response, 401, 'application/json', '{}');
    await auditAfter(60);
    assert.equal(world.inbox.mails.length, 2);
    hideFromListing(world, world.tokens.slice(0, 30));
    await auditAfter(60);
    await auditAfter(60);
    assert.equal(world.inbox.mails.length, 3);
  });
});
