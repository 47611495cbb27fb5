import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AcknowledgementNotice } from '../../src/rules/acknowledgement.ts';
import { createJudge } from '../../src/rules/judge.ts';
import type { Token } from '../../src/rules/token.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { type AuditBench, startAuditBench } from '../support/audit-bench.ts';
import { acknowledge, change, daysAgo, keyOfAge, reportedBy } from '../support/audit-steps.ts';
import { defaultRules } from '../support/default-rules.ts';
import { inject } from '../support/omni-faults.ts';
import { someToken, uuid } from '../support/tokens.ts';

interface Reported {
  findings: string[];
  /** Returns what the digest says about acknowledgements. */
  notices: string[];
  queued: number;
}

const nothing: Reported = { findings: [], notices: [], queued: 0 };

async function audit(bench: AuditBench): Promise<Reported> {
  const { runId, queued } = await bench.completeAudit();
  const { acknowledgements } = bench.store.history.runFindings(runId) ?? {};
  return { findings: reportedBy(bench, runId), notices: (acknowledgements ?? []).map(inShort), queued };
}

function inShort({ what, acknowledgement: { condition, end } }: AcknowledgementNotice): string {
  const how = end?.because === 'void' ? `void, since ${end.what}` : (end?.because ?? '?');
  return [what, condition.kind, ...(what === 'ended' ? [how] : [])].join(' ');
}

describe('an acknowledged condition', () => {
  test('is reported as acknowledged once, by a run that completes, and again when its acknowledgement has expired', async (context) => {
    await using bench = await startAuditBench(context, [keyOfAge(1, 100), someToken(2)]);
    await bench.completeAudit();
    acknowledge(bench, uuid(1), 30);
    inject(bench.omni, { status: 404 });
    assert.equal((await bench.audit()).status, 'failed');
    bench.omni.intercept = undefined;
    assert.deepEqual(await audit(bench), { findings: [], notices: ['made token-stale'], queued: 1 });
    bench.clock.advance(30 * msPerDay - 1);
    assert.deepEqual(await audit(bench), nothing);
    bench.clock.advance(1);
    assert.deepEqual(await audit(bench), {
      findings: ['token-stale expired low 1'],
      notices: ['ended token-stale expired'],
      queued: 1,
    });
    const [expired] = bench.rows("SELECT detail, condition_id AS id FROM findings WHERE transition = 'expired'");
    assert.deepEqual(JSON.parse(String(expired?.detail)), { ageDays: 130, thresholdDays: 90 });
    assert.deepEqual(bench.rows('SELECT id FROM conditions'), [{ id: expired?.id }]);
    assert.deepEqual(await audit(bench), nothing);
  });

  const stale = keyOfAge(1, 179);
  const disabled = someToken(1, { type: 'service', enabled: false });
  const strict = { ...defaultRules, staleAfterDays: { ...defaultRules.staleAfterDays, organization: [30, 95] } };
  type End = [when: string, token: Token, happens: (bench: AuditBench) => void, findings: string[], notices: string[]];
  const ends: End[] = [
    [
      'escalates, without being reported as expired too',
      stale,
      ({ clock }) => clock.advance(msPerDay),
      ['token-stale escalated medium 1'],
      ['ended token-stale void, since it escalated'],
    ],
    [
      'is judged more severe under other settings, which only the notice reports',
      stale,
      (bench) => {
        bench.deps = { judge: createJudge(strict) };
      },
      [],
      ['ended token-stale void, since the settings of its rule changed'],
    ],
    [
      'is resolved, which is reported without a notice',
      stale,
      (bench) => change(bench, uuid(1), { createdAt: daysAgo(1) }),
      ['token-identity-changed event critical 1', 'token-stale resolved info 1'],
      [],
    ],
    [
      'is about a token that was enabled, and so does the condition of its deactivated owner',
      disabled,
      (bench) => change(bench, uuid(1), { enabled: true }),
      ['token-enabled event high 1'],
      ['token-type-unknown', 'owner-deactivated'].map(
        (kind) => `ended ${kind} void, since the token was enabled again`,
      ),
    ],
  ];
  for (const [when, token, happens, findings, notices] of ends) {
    test(`loses its acknowledgement when it ${when}`, async (context) => {
      await using bench = await startAuditBench(context, [token, someToken(2)]);
      if (token === disabled) bench.people.ownerOf(token).active = false;
      await bench.completeAudit();
      acknowledge(bench, uuid(1), 1);
      if (token === disabled) acknowledge(bench, token.membershipId ?? '', 1);
      await audit(bench);
      happens(bench);
      const reported = await audit(bench);
      assert.deepEqual([reported.findings.sort(), reported.notices], [findings.sort(), notices]);
      assert.deepEqual(await audit(bench), nothing);
    });
  }

  test('is not reported later when its return was suppressed', async (context) => {
    await using bench = await startAuditBench(context, [someToken(1, { type: 'service' }), someToken(2)]);
    for (const type of ['service', 'personal', 'service']) {
      change(bench, uuid(1), { type });
      await bench.completeAudit();
    }
    acknowledge(bench, uuid(1));
    await audit(bench);
    bench.clock.advance(2 * msPerDay);
    assert.deepEqual(await audit(bench), nothing);
  });
});
