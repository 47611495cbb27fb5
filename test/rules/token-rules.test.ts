import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { JudgedCondition, TokenFacts } from '../../src/rules/condition-rule.ts';
import { createJudge, type RuleSettings } from '../../src/rules/judge.ts';
import type { Token } from '../../src/rules/token.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { defaultRules } from '../support/default-rules.ts';
import { someMorning } from '../support/fake-clock.ts';
import { someKey, someToken } from '../support/tokens.ts';

function daysAgo(days: number): string {
  return new Date(someMorning.getTime() - days * msPerDay).toISOString();
}

function judge(facts: TokenFacts, settings: Partial<RuleSettings> = {}): JudgedCondition[] {
  return createJudge({ ...defaultRules, ...settings }).token(facts, someMorning);
}

function stale(level: number, severity: string): object {
  return { kind: 'token-stale', level, severity };
}

const unknownType = { kind: 'token-type-unknown', level: 0, severity: 'medium' };
const lingering = { kind: 'token-disabled-lingering', level: 30, severity: 'low' };

describe('an enabled token', () => {
  const table: [name: string, ageDays: number, differences: Partial<Token>, judged: object[]][] = [
    ['is not stale shortly before its first threshold', 89.98, {}, []],
    ['is stale at its first threshold', 90, {}, [stale(90, 'low')]],
    ['stays at a threshold until the next one', 179.98, {}, [stale(90, 'low')]],
    ['gets a higher severity at the second threshold', 180, {}, [stale(180, 'medium')]],
    ['has only the highest threshold it reached', 400, {}, [stale(365, 'high')]],
    ['has the thresholds of its own type', 180, { type: 'personal' }, [stale(180, 'low')]],
    ['is not stale if a skewed clock puts its creation in the future', -400, {}, []],
    ['of an unknown type is reported as that and never as stale', 4000, { type: 'service' }, [unknownType]],
    ['whose type is a property of every object has an unknown type', 1, { type: 'constructor' }, [unknownType]],
  ];
  for (const [name, ageDays, differences, judged] of table) {
    test(name, () => {
      const token = someKey(1, { createdAt: daysAgo(ageDays), ...differences });
      assert.deepEqual(judge({ token, disabledSince: null, register: null }), judged);
    });
  }

  test('is as stale as the settings say, and never stale without a threshold', () => {
    const facts: TokenFacts = { token: someKey(1, { createdAt: daysAgo(50) }), disabledSince: null, register: null };
    const withThresholds = (organization: number[]) =>
      judge(facts, { staleAfterDays: { ...defaultRules.staleAfterDays, organization } });
    assert.deepEqual(withThresholds([10, 20, 30, 40, 50]), [stale(50, 'high')]);
    assert.deepEqual(withThresholds([]), []);
  });
});

describe('a disabled token', () => {
  const table: [name: string, disabledDays: number, disabledAfterDays: number, judged: object[]][] = [
    ['is neither stale nor lingering shortly before its limit, however old it is', 29.98, 30, []],
    ['lingers at its limit', 30, 30, [lingering]],
    ['still lingers years later, at the same level', 4000, 30, [lingering]],
    ['lingers at the level that the settings define', 60, 60, [{ ...lingering, level: 60 }]],
    ['never lingers if the rule is off', 4000, 0, []],
    ['does not linger if a skewed clock puts the disabling in the future', -400, 30, []],
  ];
  for (const [name, disabledDays, disabledAfterDays, judged] of table) {
    test(name, () => {
      const token = someKey(1, { createdAt: daysAgo(4000), enabled: false });
      assert.deepEqual(
        judge({ token, disabledSince: daysAgo(disabledDays), register: null }, { disabledAfterDays }),
        judged,
      );
    });
  }

  test('can have an unknown type as well', () => {
    const token = someKey(1, { type: 'service', enabled: false });
    assert.deepEqual(judge({ token, disabledSince: daysAgo(30), register: null }), [lingering, unknownType]);
  });
});

describe('the instant at which the verdict on a token next changes', () => {
  const ago = fc.integer({ min: -10 * msPerDay, max: 500 * msPerDay }).map((ms) => daysAgo(ms / msPerDay));
  const facts: fc.Arbitrary<TokenFacts> = fc
    .record({
      type: fc.constantFrom('organization', 'personal', 'mcp', 'service'),
      enabled: fc.boolean(),
      createdAt: ago,
      disabledAt: ago,
    })
    .map(({ disabledAt, ...fields }) => ({
      token: someToken(1, fields),
      disabledSince: fields.enabled ? null : disabledAt,
      register: null,
    }));
  const days = fc
    .uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 3 })
    .map((each) => each.sort((a, b) => a - b));
  const settings: fc.Arbitrary<RuleSettings> = fc
    .record({ organization: days, personal: days, mcp: days, disabledAfterDays: fc.nat(60) })
    .map(({ disabledAfterDays, ...staleAfterDays }) => ({ ...defaultRules, staleAfterDays, disabledAfterDays }));

  test('is the first one at which the verdict differs', () => {
    fc.assert(
      fc.property(facts, settings, (about, rules) => {
        const verdict = (at: number) => createJudge(rules).token(about, new Date(at));
        const nowMs = someMorning.getTime();
        const next = createJudge(rules).nextChangeAt(about, someMorning)?.getTime();
        if (next !== undefined) {
          assert.ok(next > nowMs);
          assert.notDeepEqual(verdict(next), verdict(next - 1));
        }
        for (const later of [0.5, 1, 30, 100, 400, 1000]) {
          const at = nowMs + later * msPerDay;
          if (next === undefined || at < next) assert.deepEqual(verdict(at), verdict(nowMs));
        }
      }),
    );
  });
});
