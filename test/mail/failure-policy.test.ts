import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FailureFacts, isFailureMailDue } from '../../src/mail/failure-policy.ts';
import { msPerMinute } from '../../src/time/duration.ts';

const now = new Date('2026-05-02T07:00:00.000Z');

function ago(minutes: number): string {
  return new Date(now.getTime() - minutes * msPerMinute).toISOString();
}

function decide(facts: Partial<FailureFacts>): boolean {
  return isFailureMailDue({
    failingSince: now.toISOString(),
    lastFailureAt: now.toISOString(),
    lastMailAt: null,
    isUrgent: false,
    alertAfterMs: 45 * msPerMinute,
    ...facts,
  });
}

const table: [name: string, facts: Partial<FailureFacts>, isDue: boolean][] = [
  ['the first failure says nothing yet', {}, false],
  ['a failure short of the limit says nothing yet', { failingSince: ago(44) }, false],
  ['a failure at the limit is told', { failingSince: ago(45) }, true],
  ['a failure beyond the limit is told', { failingSince: ago(600) }, true],
  ['a limit of nothing tells the first failure', { alertAfterMs: 0 }, true],
  ['what waiting cannot help, such as a refused credential, is told at once', { isUrgent: true }, true],
  ['what was told an hour ago is not told again', { failingSince: ago(120), lastMailAt: ago(60) }, false],
  [
    'what waiting cannot help and was told an hour ago is not told again',
    { failingSince: ago(120), lastMailAt: ago(60), isUrgent: true },
    false,
  ],
  ['what was told a day ago is told again', { failingSince: ago(25 * 60), lastMailAt: ago(24 * 60) }, true],
  ['what was told 22 hours ago is not', { failingSince: ago(25 * 60), lastMailAt: ago(22 * 60) }, false],
  [
    'what waiting cannot help is told again after a day',
    { failingSince: ago(25 * 60), lastMailAt: ago(24 * 60), isUrgent: true },
    true,
  ],
  [
    'what waiting cannot help does not wait for the limit, however long it is',
    { failingSince: ago(1), isUrgent: true, alertAfterMs: 7 * 24 * 60 * msPerMinute },
    true,
  ],
  ['failures that a clock set back since has dated into the future are told', { failingSince: ago(-600) }, true],
];

describe('the mail about a failed attempt', () => {
  for (const [name, facts, isDue] of table) {
    test(name, () => {
      assert.equal(decide(facts), isDue);
    });
  }

  test('reminds at the next daily tick, though that attempt fails a moment faster than the one before', () => {
    const lastMailAt = new Date(Date.parse(ago(24 * 60)) + 200).toISOString();
    assert.equal(decide({ failingSince: lastMailAt, lastMailAt, isUrgent: true }), true);
  });

  test('is not put off by a clock that was set back since the last one', () => {
    const facts = { failingSince: ago(60 * 24 * 3), lastMailAt: ago(-365 * 24 * 60) };
    assert.equal(decide(facts), true);
  });
});
