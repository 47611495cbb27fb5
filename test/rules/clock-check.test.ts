import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkClock } from '../../src/rules/clock-check.ts';

const arrivedAt = new Date('2026-03-01T07:00:00.000Z');
const sentAt = (time: string): Date => new Date(`2026-03-01T${time}Z`);

describe('our clock', () => {
  for (const [what, sent] of [
    ['behind Omni’s by five minutes', sentAt('07:05:00')],
    ['ahead of it by five minutes', sentAt('06:55:00')],
  ] as const) {
    test(`agrees with Omni’s when it is ${what}`, () => {
      assert.equal(checkClock({ arrivedAt, sentAt: sent, ageSeconds: 0 }).kind, 'checked');
    });
  }

  for (const sent of [sentAt('07:05:01'), sentAt('06:54:59'), new Date('2021-03-01T07:00:00Z')]) {
    test(`is wrong, and both times are named, when Omni says ${sent.toISOString()}`, () => {
      const verdict = checkClock({ arrivedAt, sentAt: sent, ageSeconds: 0 });
      assert.ok(verdict.kind === 'wrong');
      assert.ok(verdict.reason.includes(arrivedAt.toISOString()) && verdict.reason.includes(sent.toISOString()));
    });
  }

  test('cannot be checked when Omni sends no time', () => {
    assert.equal(checkClock({ arrivedAt, sentAt: null, ageSeconds: 0 }).kind, 'unchecked');
  });

  test('cannot be compared with an answer from a cache, which is refused', () => {
    const verdict = checkClock({ arrivedAt, sentAt: arrivedAt, ageSeconds: 1 });
    assert.ok(verdict.kind === 'wrong');
    assert.match(verdict.reason, /cache/);
  });
});
