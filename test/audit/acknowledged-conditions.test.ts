import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AcknowledgementNotice } from '../../src/rules/acknowledgement.ts';
import { groupFindings } from '../../src/rules/finding-groups.ts';
import { createJudge } from '../../src/rules/judge.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, daysAgo, keyOfAge, newsOf, revoke, unacknowledge } from '../support/audit-looks.ts';
import { defaultRules } from '../support/default-rules.ts';
import { someToken, uuid } from '../support/tokens.ts';

/** One audit: what it told, and what its digest says of acknowledgements. */
async function audit(bench: AuditBench): Promise<{ news: string[]; notices: string[]; queued: number }> {
  const { runId, queued } = await bench.completeAudit();
  const { acknowledgements } = bench.store.history.runFindings(runId) ?? {};
  return { news: newsOf(bench, runId), notices: (acknowledgements ?? []).map(inShort), queued };
}

function inShort({ what, acknowledgement: { condition, end } }: AcknowledgementNotice): string {
  const how = end?.because === 'void' ? `void, since ${end.what}` : (end?.because ?? '?');
  return [what, condition.kind, ...(what === 'ended' ? [how] : [])].join(' ');
}

const suppressedBy = { news: [], notices: [], queued: 0 };

describe('an acknowledged condition', () => {
  test('is told as such once, and stays out of the news', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 100), someToken(2)]);
    await bench.completeAudit();
    acknowledge(bench, uuid(1));
    assert.deepEqual(await audit(bench), { news: [], notices: ['made token-stale'], queued: 1 });
    assert.deepEqual(await audit(bench), suppressedBy);
  });

  test('is news again, told with the end, on the day after its last', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 100), someToken(2)]);
    await bench.completeAudit();
    acknowledge(bench, uuid(1), 30);
    await audit(bench);
    bench.clock.advance(30 * msPerDay - 1);
    assert.deepEqual(await audit(bench), suppressedBy);
    bench.clock.advance(1);
    assert.deepEqual(await audit(bench), {
      news: ['token-stale expired low 1'],
      notices: ['ended token-stale expired'],
      queued: 1,
    });
    const [lapsed] = bench.rows("SELECT detail, condition_id AS id FROM findings WHERE transition = 'expired'");
    assert.deepEqual(JSON.parse(String(lapsed?.detail)), { ageDays: 130, thresholdDays: 90 });
    assert.deepEqual(bench.rows('SELECT id FROM conditions'), [{ id: lapsed?.id }]);
    assert.deepEqual(await audit(bench), suppressedBy);
  });

  test('is accepted no longer when it gets worse, which is reported once and not as expired too', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 179), someToken(2)]);
    await bench.completeAudit();
    acknowledge(bench, uuid(1), 1);
    await audit(bench);
    bench.clock.advance(msPerDay);
    assert.deepEqual(await audit(bench), {
      news: ['token-stale escalated medium 1'],
      notices: ['ended token-stale void, since it escalated'],
      queued: 1,
    });
    assert.deepEqual(await audit(bench), suppressedBy);
  });

  test('is no longer accepted when other settings make it worse; the mail reports that, since it leaves the transition out', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 100), someToken(2)]);
    await bench.completeAudit();
    acknowledge(bench, uuid(1));
    await audit(bench);
    const staleAfterDays = { ...defaultRules.staleAfterDays, organization: [30, 95] };
    bench.deps = { judge: createJudge({ ...defaultRules, staleAfterDays }) };
    assert.deepEqual(await audit(bench), {
      news: [],
      notices: ['ended token-stale void, since the settings of its rule changed'],
      queued: 1,
    });
    assert.deepEqual(
      bench.store.acknowledgements
        .openConditions(uuid(1), bench.clock.now())
        .map(({ level, acknowledgedUntil }) => [level, acknowledgedUntil !== null]),
      [[95, false]],
    );
  });

  test('that is resolved ends with the good news, without a word of its own', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1)]);
    const owner = bench.people.ownerOf({ ...someToken(1) });
    owner.active = false;
    await bench.completeAudit();
    acknowledge(bench, owner.id);
    await audit(bench);
    owner.active = true;
    assert.deepEqual(await audit(bench), {
      news: ['owner-deactivated resolved info f4241'],
      notices: [],
      queued: 1,
    });
    assert.deepEqual(bench.rows('SELECT ended_because FROM acknowledgements'), [{ ended_because: 'resolved' }]);
  });

  for (const [what, kind, fields, because] of [
    ['gets another owner', 'token-identity-changed', { membershipId: uuid(77) }, 'the token has another owner'],
    ['gets another type', 'token-identity-changed', { type: 'mcp' }, 'the token has another type'],
    ['is enabled', 'token-enabled', { enabled: true }, 'the token was enabled again'],
  ] as const) {
    test(`is accepted no longer when its token ${what}`, async (context) => {
      const token = someToken(1, { type: 'service', enabled: false });
      await using bench = await startAuditBench(context, [token, someToken(2, { type: 'mcp' })]);
      await bench.completeAudit();
      acknowledge(bench, uuid(1));
      await audit(bench);
      change(bench, uuid(1), fields);
      const { news, notices } = await audit(bench);
      assert.ok(
        news.some((each) => each.startsWith(`${kind} event`)),
        news.join(),
      );
      assert.deepEqual(notices, [`ended token-type-unknown void, since ${because}`]);
      assert.deepEqual(await audit(bench), suppressedBy);
    });
  }

  test('stays accepted when its token is renamed', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 100), someToken(2)]);
    await bench.completeAudit();
    acknowledge(bench, uuid(1));
    await audit(bench);
    change(bench, uuid(1), { name: 'another name' });
    assert.deepEqual((await audit(bench)).notices, []);
    assert.notEqual(
      bench.store.acknowledgements.openConditions(uuid(1), bench.clock.now())[0]?.acknowledgedUntil,
      null,
    );
  });

  test('is not accepted any more after it was resolved and came back', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 100), someToken(2)]);
    await bench.completeAudit();
    acknowledge(bench, uuid(1));
    await audit(bench);
    revoke(bench, 1);
    assert.deepEqual((await audit(bench)).notices, []);
    bench.omni.organisation.tokens.push({ ...keyOfAge(1, 100) });
    bench.clock.advance(msPerDay);
    const { news } = await audit(bench);
    assert.deepEqual(news, ['token-reappeared event high 1', 'token-stale reopened low 1']);
  });

  test('of an owner hides no deactivation that comes later', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1)]);
    const owner = bench.people.ownerOf({ ...someToken(1) });
    owner.lastLogin = daysAgo(100);
    await bench.completeAudit();
    acknowledge(bench, owner.id);
    await audit(bench);
    owner.active = false;
    const { news } = await audit(bench);
    assert.deepEqual(news, ['owner-deactivated opened critical f4241']);
  });

  test('that was held back for coming and going is not told later', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1, { type: 'service' }), someToken(2)]);
    for (const type of ['service', 'personal', 'service']) {
      change(bench, uuid(1), { type });
      await bench.completeAudit();
    }
    acknowledge(bench, uuid(1));
    await audit(bench);
    bench.clock.advance(2 * msPerDay);
    assert.deepEqual(await audit(bench), suppressedBy);
  });

  test('whose acknowledgement is taken back stands again, and both ends are told in their digests', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 100), someToken(2)]);
    await bench.completeAudit();
    const [condition = 0] = acknowledge(bench, uuid(1));
    await audit(bench);
    unacknowledge(bench, condition);
    assert.deepEqual(await audit(bench), { news: [], notices: ['ended token-stale revoked'], queued: 1 });
    assert.equal(groupFindings(bench.store.history.openFindings(bench.clock.now()))[0]?.count, 1);
  });

  test('is told by the next audit when the one that should have failed', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 100), someToken(2)]);
    await bench.completeAudit();
    acknowledge(bench, uuid(1));
    const listed = bench.omni.organisation.tokens.splice(0);
    assert.equal((await bench.audit()).status, 'failed');
    bench.omni.organisation.tokens.push(...listed);
    assert.deepEqual((await audit(bench)).notices, ['made token-stale']);
  });
});
