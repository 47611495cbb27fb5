import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { JudgedCondition, TokenFacts } from '../../src/rules/condition-rule.ts';
import { conditionFacts, createJudge, registerKinds } from '../../src/rules/judge.ts';
import type { RegisterFacts, RegisterOwner } from '../../src/rules/register.ts';
import type { RegisterRow } from '../../src/store/register.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { defaultRules } from '../support/default-rules.ts';
import { someMorning } from '../support/fake-clock.ts';
import { dueOn, someRow } from '../support/register-rows.ts';
import { someKey, someToken } from '../support/tokens.ts';

const judge = createJudge(defaultRules);
const jane: RegisterOwner['owner'] = { userName: 'jane@acme.example', displayName: 'Jane Doe' };

interface Said {
  type?: string;
  /** null: there is no row. undefined: there is one that approves the token. */
  row?: Partial<RegisterRow> | null;
  owner?: RegisterOwner['owner'];
  revokeSince?: string;
}

/** Returns the facts about a token of that type: a new one, so that no other rule finds anything. */
function factsOf({ type = 'personal', row = {}, owner = jane, revokeSince }: Said): TokenFacts {
  const fields = { type, createdAt: someMorning.toISOString() };
  const token = type === 'organization' ? someKey(1, fields) : someToken(1, fields);
  const { membershipId } = token;
  const entry = row === null ? null : someRow(row);
  const register: RegisterFacts = {
    entry,
    owner: { membershipId, owner: membershipId === null ? null : owner },
    overdueAt: entry?.overdueAt ?? null,
    revokeSince: revokeSince ?? null,
  };
  return { token, disabledSince: null, register };
}

/** Returns what the rules about the register find, as `kind level severity`. */
function verdict(facts: TokenFacts, now = someMorning): string[] {
  const isAboutRegister = ({ kind }: JudgedCondition) => registerKinds.some((known) => known === kind);
  return judge
    .token(facts, now)
    .filter(isAboutRegister)
    .map(({ kind, level, severity }) => `${kind} ${level} ${severity}`);
}

function atMs(ms: number): Date {
  return new Date(ms);
}

describe('token-unregistered', () => {
  const low = ['token-unregistered 0 low'];
  const medium = ['token-unregistered 0 medium'];
  const table: [what: string, said: Said, found: string[]][] = [
    ['is not found about an approved token', {}, []],
    ['is not found about an approved organization key', { type: 'organization' }, []],
    ['is low for a personal token without a row', { row: null }, low],
    ['is low for an MCP token without a row', { type: 'mcp', row: null }, low],
    ['is low for a token of an unknown type without a row', { type: 'service', row: null }, low],
    ['is medium for an organization key without a row', { type: 'organization', row: null }, medium],
    ['is found without a decision', { row: { decision: null } }, low],
    ['is found without a responsible', { row: { responsible: '' } }, low],
    ['is found without the day of the decision', { row: { decidedOn: null } }, low],
    ['is found without a decider', { type: 'organization', row: { decidedBy: '' } }, medium],
    ['is found if the owner decided', { row: { decidedBy: 'jane@acme.example' } }, low],
    ['is found if the owner was never known', { owner: null }, low],
  ];
  for (const [what, said, found] of table) test(what, () => assert.deepEqual(verdict(factsOf(said)), found));

  test('says what is missing', () => {
    const gapOf = (said: Said) => {
      const { detail } = conditionFacts('token-unregistered', 0, { kind: 'token', ...factsOf(said) }, someMorning);
      return detail;
    };
    assert.deepEqual(gapOf({ row: null }), { gap: 'no-row' });
    assert.deepEqual(gapOf({ row: { decidedBy: 'Jane Doe' } }), { gap: 'self-review' });
  });
});

describe('review-overdue', () => {
  const row = dueOn('2026-04-30');
  const endOfDay = Date.parse('2026-05-01T00:00:00.000Z');
  const instants: [what: string, now: number, found: string[]][] = [
    ['is not found while the last day lasts', endOfDay - 1, []],
    ['is low once the last day has ended', endOfDay, ['review-overdue 0 low']],
    ['stays low for 30 days', endOfDay + 30 * msPerDay - 1, ['review-overdue 0 low']],
    ['is medium after 30 days', endOfDay + 30 * msPerDay, ['review-overdue 30 medium']],
    ['is medium years later', endOfDay + 3000 * msPerDay, ['review-overdue 30 medium']],
  ];
  for (const [what, now, found] of instants) {
    test(what, () => {
      assert.deepEqual(verdict(factsOf({ row }), atMs(now)), found);
      assert.deepEqual(verdict(factsOf({ row, type: 'organization' }), atMs(now)), found);
    });
  }

  test('is not found about a token that is to be revoked', () => {
    const revokeSince = atMs(endOfDay).toISOString();
    const facts = factsOf({ row: { ...row, decision: 'revoke' }, revokeSince });
    assert.deepEqual(verdict(facts, atMs(endOfDay)), ['revocation-pending 0 medium']);
  });

  test('is found in addition to token-unregistered if nobody has decided', () => {
    const facts = factsOf({ row: { ...row, decision: null } });
    assert.deepEqual(verdict(facts, atMs(endOfDay)), ['token-unregistered 0 low', 'review-overdue 0 low']);
  });

  test('says since when, and for how many days', () => {
    const about = { kind: 'token', ...factsOf({ row }) } as const;
    const { detail } = conditionFacts('review-overdue', 30, about, atMs(endOfDay + 31.5 * msPerDay));
    assert.deepEqual(detail, { reviewBy: '2026-04-30', since: '2026-05-01T00:00:00.000Z', ageDays: 31 });
  });
});

describe('revocation-pending', () => {
  const since = someMorning.getTime();
  const revoked: Said = { row: { decision: 'revoke' }, revokeSince: someMorning.toISOString() };
  const instants: [what: string, now: number, found: string[]][] = [
    ['is medium in the run that first sees the decision', since, ['revocation-pending 0 medium']],
    ['stays medium for seven days', since + 7 * msPerDay - 1, ['revocation-pending 0 medium']],
    ['is high after seven days', since + 7 * msPerDay, ['revocation-pending 7 high']],
    ['is high years later', since + 3000 * msPerDay, ['revocation-pending 7 high']],
  ];
  for (const [what, now, found] of instants) {
    test(what, () => {
      for (const type of ['personal', 'organization']) {
        assert.deepEqual(verdict(factsOf({ ...revoked, type }), atMs(now)), found);
      }
    });
  }

  test('needs none of the fields of an approval', () => {
    const row = { decision: 'revoke', responsible: '', decidedBy: '', decidedOn: null, isVanished: true } as const;
    assert.deepEqual(verdict(factsOf({ ...revoked, row, owner: null })), ['revocation-pending 0 medium']);
  });

  test('says since when, for how many days, and who decided', () => {
    const about = { kind: 'token', ...factsOf(revoked) } as const;
    const { detail } = conditionFacts('revocation-pending', 7, about, atMs(since + 9.9 * msPerDay));
    assert.deepEqual(detail, { since: someMorning.toISOString(), ageDays: 9, decidedBy: 'Carol Clark' });
  });
});

test('without a register, nothing is found about it', () => {
  assert.deepEqual(verdict({ ...factsOf({ row: null }), register: null }), []);
});

describe('the instant at which the verdict on a registered token next changes', () => {
  const instant = fc
    .integer({ min: -50 * msPerDay, max: 50 * msPerDay })
    .map((ms) => new Date(someMorning.getTime() + ms).toISOString());
  const day = instant.map((at) => dueOn(at.slice(0, 10)));
  const facts: fc.Arbitrary<TokenFacts> = fc
    .record({
      type: fc.constantFrom('organization', 'personal'),
      decision: fc.constantFrom('keep', 'revoke', null),
      review: fc.option(day),
      decidedBy: fc.constantFrom('Carol Clark', 'Jane Doe', ''),
      since: instant,
    })
    .map(({ type, decision, review, decidedBy, since }) =>
      factsOf({
        type,
        row: { decision, decidedBy, ...review },
        ...(decision === 'revoke' ? { revokeSince: since } : {}),
      }),
    );

  test('is the first one at which the verdict differs', () => {
    const parts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5 });
    fc.assert(
      fc.property(facts, parts, (about, parts) => {
        const nowMs = someMorning.getTime();
        const next = judge.nextChangeAt(about, someMorning)?.getTime() ?? assert.fail('it never becomes stale');
        assert.ok(next > nowMs);
        assert.notDeepEqual(judge.token(about, atMs(next)), judge.token(about, atMs(next - 1)));
        for (const part of [...parts, 1]) {
          const at = nowMs + Math.floor(part * (next - 1 - nowMs));
          assert.deepEqual(verdict(about, atMs(at)), verdict(about));
        }
      }),
    );
  });
});
