import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { TokenFacts } from '../../src/rules/condition-rule.ts';
import type { RuleSettings } from '../../src/rules/judge.ts';
import { createJudge } from '../../src/rules/judge.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { defaultRules } from '../support/default-rules.ts';
import { someMorning } from '../support/fake-clock.ts';
import { someToken } from '../support/tokens.ts';

const ago = fc.integer({ min: -10 * msPerDay, max: 500 * msPerDay }).map((ms) => new Date(someMorning.getTime() - ms));
const facts: fc.Arbitrary<TokenFacts> = fc
  .record({
    type: fc.constantFrom('organization', 'personal', 'mcp', 'service'),
    enabled: fc.boolean(),
    made: ago,
    off: ago,
  })
  .map(({ type, enabled, made, off }) => ({
    token: someToken(1, { type, enabled, createdAt: made.toISOString() }),
    disabledSince: enabled ? null : off.toISOString(),
  }));
const days = fc
  .uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 3 })
  .map((each) => each.sort((a, b) => a - b));
const settings: fc.Arbitrary<RuleSettings> = fc
  .record({ organization: days, personal: days, mcp: days, disabledAfterDays: fc.nat(60) })
  .map(({ disabledAfterDays, ...staleAfterDays }) => ({ ...defaultRules, staleAfterDays, disabledAfterDays }));

describe('the instant at which the verdict of a token next changes', () => {
  test('is the first one at which it does', () => {
    fc.assert(
      fc.property(facts, settings, (about, rules) => {
        const verdict = (at: number) => createJudge(rules).token(about, new Date(at));
        const next = createJudge(rules).nextChangeAt(about, someMorning)?.getTime();
        assert.ok(next === undefined || next > someMorning.getTime());
        if (next !== undefined) assert.notDeepEqual(verdict(next), verdict(next - 1));
        for (const later of [0.5, 1, 30, 100, 400, 1000]) {
          const at = someMorning.getTime() + later * msPerDay;
          if (next === undefined || at < next) assert.deepEqual(verdict(at), verdict(someMorning.getTime()));
        }
      }),
    );
  });

  test('is none for what does not change with age', () => {
    const unknown = someToken(1, { type: 'service' });
    const old = someToken(1, { createdAt: '2001-01-01T00:00:00.000Z' });
    for (const token of [unknown, old]) {
      assert.equal(createJudge(defaultRules).nextChangeAt({ token, disabledSince: null }, someMorning), null);
    }
  });
});
