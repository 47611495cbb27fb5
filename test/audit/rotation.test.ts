import assert from 'node:assert/strict';
import { test } from 'node:test';
import { msPerDay } from '../../src/time/duration.ts';
import { startAuditBench } from '../support/audit-bench.ts';
import { auditAndRead, keyOfAge, reportedBy, revoke, short } from '../support/audit-steps.ts';
import { factsOfKind } from '../support/facts-of.ts';
import { someKey, uuid } from '../support/tokens.ts';

test('a rotated organization key is reported once, with both ages, and its history goes on under the new id', async (context) => {
  const name = 'nightly export';
  await using bench = await startAuditBench(context, [keyOfAge(1, 200, { name }), someKey(3)]);
  const { history } = bench.store;
  assert.deepEqual(await auditAndRead(bench), ['token-stale opened medium 1']);

  bench.clock.advance(msPerDay);
  revoke(bench, 1);
  const createdAt = bench.clock.now().toISOString();
  bench.omni.organisation.tokens.push({ ...someKey(2, { name, createdAt }) });
  bench.clock.advance(3 * msPerDay);
  const { runId, changes } = await bench.completeAudit();
  assert.deepEqual(changes, { created: 1, removed: 1, disabled: 0, enabled: 0, renamed: 0, other: 0 });
  assert.deepEqual(reportedBy(bench, runId), ['token-rotated event medium 2']);
  const [rotation] = [...bench.store.findings.reportedBy(runId)];
  assert.equal(rotation?.token?.id, uuid(2));
  assert.deepEqual(factsOfKind(rotation, 'token-rotated'), { replaced: uuid(1), replacedAgeDays: 204, ageDays: 3 });
  assert.deepEqual([...history.diff(1, runId)], [{ ...rotation, id: 0 }]);

  const journal = bench.rows(`SELECT kind, transition, subject, suppressed_by AS suppressedBy
                                FROM findings WHERE run_id = ${runId} ORDER BY id`);
  assert.deepEqual(journal, [
    { kind: 'token-rotated', transition: 'event', subject: uuid(2), suppressedBy: null },
    { kind: 'token-removed', transition: 'event', subject: uuid(1), suppressedBy: 'event' },
    { kind: 'token-stale', transition: 'resolved', subject: uuid(1), suppressedBy: 'event' },
  ]);
  assert.deepEqual(bench.rows('SELECT resolved_run_id AS run, resolved_reason AS reason FROM conditions'), [
    { run: runId, reason: 'token-removed' },
  ]);

  const timelineOf = (number: number): string[] =>
    history.tokenTimeline(uuid(number)).map(({ kind, before, after }) => short(`${kind}: ${before} → ${after}`));
  const rotated = 'token-rotated: 1 → 2';
  assert.deepEqual(timelineOf(2), [rotated]);
  assert.deepEqual(timelineOf(1).slice(2, 4), [rotated, `token-removed: ${name} → null`]);
});
