import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { openConditionsOf } from '../../src/cli/subject.ts';
import { openSharedStore } from '../../src/stores.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { someToken, uuid } from '../support/tokens.ts';

const id = '05df30cf-79f5-46dd-9581-23f3e883c6f2';
const jane = uuid(0xa);

/** A token with a UUID, two with other ids, and one of Jane's, who is deactivated. */
async function startBench(context: TestContext): Promise<AuditBench> {
  const bench = await startAuditBench(context, [
    someToken(1, { membershipId: jane }),
    someToken(2, { id }),
    someToken(3, { id: 'BEEF-1' }),
    someToken(4, { id: 'BEEF-2' }),
  ]);
  const account = bench.people.ownerOf({ ...someToken(1), membershipId: jane });
  Object.assign(account, { userName: 'jane@acme.example', displayName: 'Jane Doe', active: false });
  await bench.completeAudit();
  return bench;
}

function tokenIds({ store }: AuditBench, typed: string): string[] {
  return store.history.tokensNamed(typed).map(({ id: found }) => found);
}

describe('the id of a token', () => {
  test('may be typed in capitals where it is written in small letters', async (context) => {
    await using bench = await startBench(context);
    assert.deepEqual(tokenIds(bench, '05DF30CF'), [id]);
  });

  test('is found as it is written where that is in capitals', async (context) => {
    await using bench = await startBench(context);
    assert.deepEqual(tokenIds(bench, 'BEEF-1'), ['BEEF-1']);
  });

  test('may be the beginning of several', async (context) => {
    await using bench = await startBench(context);
    assert.deepEqual(tokenIds(bench, 'BEEF'), ['BEEF-1', 'BEEF-2']);
    assert.deepEqual(tokenIds(bench, 'FEED'), []);
  });
});

describe('what is open about an owner', () => {
  for (const typed of [jane, jane.toUpperCase(), 'JANE@acme.example', 'jane doe']) {
    test(`is found by ${typed}`, async (context) => {
      await using bench = await startBench(context);
      using store = openSharedStore(bench.path);
      const kinds = openConditionsOf(store, typed, bench.clock.now()).map(({ kind }) => kind);
      assert.deepEqual(kinds, ['owner-deactivated']);
    });
  }

  test('is not found by a beginning that tokens share', async (context) => {
    await using bench = await startBench(context);
    using store = openSharedStore(bench.path);
    assert.throws(() => openConditionsOf(store, uuid(0xa).slice(0, 30), bench.clock.now()), {
      message: /names several: give one id, or more of it/,
      hint: /^token .*\n {2}owner /,
    });
  });
});
