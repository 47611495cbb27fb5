import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { omniId, omniInstant } from '../../src/omni/omni-fields.ts';

describe('an instant from Omni', () => {
  for (const [spelling, instant] of [
    ['2026-03-01T07:00:00.123Z', '2026-03-01T07:00:00.123Z'],
    ['2026-03-01t07:00:00z', '2026-03-01T07:00:00.000Z'],
    ['2026-03-01 07:00:00.5Z', '2026-03-01T07:00:00.500Z'],
    ['2026-03-01T07:00:00.123987+02:00', '2026-03-01T05:00:00.123Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59-01:00', '9999-12-31T23:59:59.999Z'],
    ['0000-01-01T00:00:00+05:00', '0000-01-01T00:00:00.000Z'],
  ] as const) {
    test(`is read from ${spelling}`, () => {
      assert.equal(omniInstant.parse(spelling), instant);
    });
  }

  for (const text of [
    '2026-02-30T07:00:00Z',
    '2026-13-01T07:00:00Z',
    '2026-03-01T24:00:00Z',
    '2026-03-01T07:00:61Z',
    '2026-03-01T07:00:00',
    '2026-03-01',
    'yesterday',
    '',
  ]) {
    test(`is not "${text}"`, () => {
      assert.equal(omniInstant.safeParse(text).success, false);
    });
  }
});

test('a UUID from Omni is in lower case, however it is spelled, and any other id as it is', () => {
  assert.equal(omniId.parse('ABCDEF00-0000-4000-8000-00000000000A'), 'abcdef00-0000-4000-8000-00000000000a');
  assert.equal(omniId.parse('Key_7'), 'Key_7');
});
