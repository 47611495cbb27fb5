import fc from 'fast-check';

/** What becomes of the clock before an audit. */
export interface ClockMove {
  kind: 'time passes' | 'suspended' | 'set forward' | 'set back';
  days: number;
}

const aWhile = fc.constantFrom(1 / 24, 1, 2, 7, 31, 95, 200);
const aSetting = fc.constantFrom(1 / 24, 0.5, 1, 3, 31, 100, 366, 5 * 365);

export const forwardMove: fc.Arbitrary<ClockMove> = fc.oneof(
  fc.record({ kind: fc.constantFrom('time passes' as const, 'suspended' as const), days: aWhile }),
  fc.record({ kind: fc.constant('set forward' as const), days: aSetting }),
);
export const anyMove: fc.Arbitrary<ClockMove> = fc.oneof(
  forwardMove,
  fc.record({ kind: fc.constantFrom('set back' as const, 'set forward' as const), days: aSetting }),
);
