import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { responseTimes } from '../../src/omni/response-times.ts';
import { someMorning } from '../support/fake-clock.ts';

const timesOf = (headers: Record<string, string>) => responseTimes(new Headers(headers), someMorning);

describe('the Date of an answer', () => {
  for (const form of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994']) {
    test(`is read in UTC from ${form}`, () => {
      assert.equal(timesOf({ date: form }).sentAt?.toISOString(), '1994-11-06T08:49:37.000Z');
    });
  }

  test('is unknown when it is absent or unreadable', () => {
    assert.deepEqual([timesOf({}).sentAt, timesOf({ date: 'today' }).sentAt], [null, null]);
  });
});

test('the Age of an answer is the highest that a proxy sent, and never 0 when it is unreadable', () => {
  const ages = ['0', '0, 0', '0, 12', '7', 'old'].map((age) => timesOf({ age }).ageSeconds);
  assert.deepEqual(ages, [0, 0, 12, 7, 1]);
  assert.equal(timesOf({}).ageSeconds, 0);
});
