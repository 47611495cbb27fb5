import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { AcknowledgementNotice } from '../../src/rules/acknowledgement.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, daysAgo, revoke, unacknowledge } from '../support/audit-looks.ts';
import { someToken, uuid } from '../support/tokens.ts';

const jane = uuid(0xa);

/** Token 1: stale and of Jane, whose account is deactivated. Token 2: of unknown type. */
async function startBench(context: TestContext): Promise<AuditBench> {
  const bench = await startAuditBench(context, [
    someToken(1, { createdAt: daysAgo(200), membershipId: jane }),
    someToken(2, { type: 'service', membershipId: null }),
  ]);
  bench.people.ownerOf({ ...someToken(1), membershipId: jane }).active = false;
  await bench.completeAudit();
  return bench;
}

async function notices(bench: AuditBench): Promise<AcknowledgementNotice[]> {
  bench.clock.advance(60_000);
  const { runId } = await bench.completeAudit();
  return bench.store.history.runFindings(runId)?.acknowledgements ?? [];
}

function inShort({ what, acknowledgement: { id, end } }: AcknowledgementNotice): string {
  return `${what} ${id} ${end?.because ?? ''}`.trim();
}

describe('the digest about acknowledgements', () => {
  test('has nothing to say where there are none', async (context) => {
    await using bench = await startBench(context);
    assert.deepEqual(await notices(bench), []);
  });

  test('says who accepted what of which token', async (context) => {
    await using bench = await startBench(context);
    const [conditionId] = acknowledge(bench, uuid(1), 10);
    assert.deepEqual(await notices(bench), [
      {
        what: 'made',
        acknowledgement: {
          id: 1,
          condition: {
            id: conditionId,
            kind: 'token-stale',
            severity: 'low',
            subject: { type: 'token', id: uuid(1) },
          },
          tokenName: 'token 1',
          owner: null,
          reason: 'it is known',
          by: 'Jane',
          createdAt: '2026-03-01T07:00:00.000Z',
          expiresOn: '2026-03-11',
          end: null,
        },
      },
    ]);
  });

  test('says who accepted what of which owner', async (context) => {
    await using bench = await startBench(context);
    acknowledge(bench, jane);
    const [notice] = await notices(bench);
    assert.equal(notice?.acknowledgement.tokenName, null);
    assert.equal(notice?.acknowledgement.owner?.state, 'deactivated');
  });

  test('tells each beginning and each end once, whatever follows', async (context) => {
    await using bench = await startBench(context);
    const [first = 0] = acknowledge(bench, uuid(1));
    acknowledge(bench, uuid(2));
    const tellings: string[][] = [(await notices(bench)).map(inShort)];
    unacknowledge(bench, first);
    for (let run = 1; run <= 3; run += 1) tellings.push((await notices(bench)).map(inShort));
    assert.deepEqual(tellings, [['made 1', 'made 2'], ['ended 1 revoked'], [], []]);
  });

  test('tells both of one that was made and taken back between two audits, the beginning first', async (context) => {
    await using bench = await startBench(context);
    const [first = 0] = acknowledge(bench, uuid(1));
    unacknowledge(bench, first);
    acknowledge(bench, uuid(1));
    const told = await notices(bench);
    assert.deepEqual(told.map(inShort), ['made 1 revoked', 'made 2', 'ended 1 revoked']);
    assert.deepEqual(told.at(-1)?.acknowledgement.end, {
      at: '2026-03-01T07:00:00.000Z',
      because: 'revoked',
      by: 'Joe',
    });
  });

  test('tells no end that came with the end of the condition', async (context) => {
    await using bench = await startBench(context);
    acknowledge(bench, uuid(2));
    revoke(bench, 2);
    assert.deepEqual((await notices(bench)).map(inShort), ['made 1 resolved']);
    assert.deepEqual(await notices(bench), []);
  });

  test('shows the token as of its run, also when it is looked at later', async (context) => {
    await using bench = await startBench(context);
    acknowledge(bench, uuid(2));
    await notices(bench);
    const runId = bench.store.runs.last()?.id ?? 0;
    change(bench, uuid(2), { name: 'renamed since' });
    await bench.completeAudit();
    revoke(bench, 2);
    await bench.completeAudit();
    const [notice] = bench.store.history.runFindings(runId)?.acknowledgements ?? [];
    assert.equal(notice?.acknowledgement.tokenName, 'token 2');
  });

  test('is not the baseline', async (context) => {
    await using bench = await startBench(context);
    acknowledge(bench, uuid(2));
    const [baseline] = bench.rows('SELECT id FROM runs WHERE is_baseline = 1');
    assert.deepEqual(bench.store.history.runFindings(Number(baseline?.id))?.acknowledgements, []);
  });
});
