import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, keyOfAge, unacknowledge } from '../support/audit-looks.ts';
import { someToken, uuid } from '../support/tokens.ts';

// The documented JSON shapes. Findings have a test of their own.

function fieldsOf(row: object | undefined): string[] {
  return Object.keys(row ?? {});
}

describe('the fields of what is listed', () => {
  test('are those of a run', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1)]);
    await bench.completeAudit();
    assert.deepEqual(fieldsOf([...bench.store.history.runs({})][0]), [
      ...['id', 'trigger', 'status', 'startedAt', 'finishedAt', 'isBaseline', 'tokenCount', 'pageCount'],
      ...['requestCount', 'ownersKnown', 'error', 'findingCount'],
    ]);
  });

  test('are those of a token and its owner', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1)]);
    const { runId } = await bench.completeAudit();
    const [token] = bench.store.history.tokens(runId, {});
    assert.deepEqual(fieldsOf(token), [
      ...['id', 'name', 'type', 'enabled', 'createdAt', 'membershipId', 'ageDays', 'owner', 'firstSeenAt', 'changedAt'],
    ]);
    assert.deepEqual(fieldsOf(token?.owner ?? undefined), ['userName', 'displayName', 'active', 'lastLogin']);
  });

  test('are those of an entry of history, whatever it is about', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 100)]);
    await bench.completeAudit();
    const [id = 0] = acknowledge(bench, uuid(1));
    unacknowledge(bench, id);
    const entries = bench.store.history.tokenTimeline(uuid(1));
    assert.deepEqual(
      entries.map(({ kind, before, after }) => [kind, before, after?.slice(0, 9) ?? null]),
      [
        ['first-seen', null, 'token 1'],
        ['token-stale', null, '100 days '],
        ['acknowledged', null, 'until 202'],
        ['acknowledgement-ended', entries[2]?.after, 'revoked b'],
      ],
    );
    const fields = ['runId', 'at', 'kind', 'transition', 'severity', 'before', 'after', 'subject', 'tokenName', 'says'];
    for (const entry of entries) {
      assert.deepEqual(fieldsOf(entry).toSorted(), [...fields, 'mailId', 'suppressedBy'].toSorted());
    }
  });
});
