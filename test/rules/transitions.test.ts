import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ConditionKind } from '../../src/rules/catalogue.ts';
import type { JudgedCondition } from '../../src/rules/condition-rule.ts';
import type { Suppression } from '../../src/rules/finding.ts';
import type { Severity } from '../../src/rules/severity.ts';
import {
  decideTransition,
  findDifferences,
  type OpenInterval,
  type SubjectState,
  staysUnreported,
} from '../../src/rules/transitions.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { someMorning } from '../support/fake-clock.ts';

interface Situation {
  kind: ConditionKind;
  /** What is open; null: nothing. */
  open: readonly [level: number, severity: Severity] | null;
  /** What the rules find; null: nothing. */
  judged: readonly [level: number, severity: Severity] | null;
  isUnreported: boolean;
  hadEarlierInterval: boolean;
  /** Time since a transition was last reported; null: none was. */
  msSinceReported: number | null;
  subjectState: SubjectState;
  settingsChanged: boolean;
}

/** By default, a token that has no open condition and no finding. */
const usual: Situation = {
  kind: 'token-stale',
  open: null,
  judged: null,
  isUnreported: false,
  hadEarlierInterval: false,
  msSinceReported: null,
  subjectState: 'enabled',
  settingsChanged: false,
};

/** Returns the decision in words: `resolved (fixed), reported`. */
function decide(differences: Partial<Situation>): string {
  const situation = { ...usual, ...differences };
  const { kind, open, judged, isUnreported, msSinceReported, subjectState, settingsChanged } = situation;
  const lastReportedAt =
    msSinceReported === null ? null : new Date(someMorning.getTime() - msSinceReported).toISOString();
  const decision = decideTransition(
    {
      kind,
      open: open && { id: 1, kind, level: open[0], severity: open[1], isUnreported },
      judged: judged && { kind, level: judged[0], severity: judged[1] },
    },
    {
      past: { hadEarlierInterval: situation.hadEarlierInterval, lastReportedAt },
      subjectState,
      settingsChanged,
      now: someMorning,
    },
  );
  if (decision === null) return 'nothing';
  const { transition, suppressedBy, reason } = decision;
  const because = reason === null ? '' : ` (${reason})`;
  return `${transition}${because}, ${suppressedBy === null ? 'reported' : `suppressed (${suppressedBy})`}`;
}

type Row = [name: string, situation: Partial<Situation>, decision: string];

const cameBack = { judged: [90, 'low'], hadEarlierInterval: true, msSinceReported: 1 } as const;
/** It reopened, which was suppressed, and it is still open. */
const unreported = { ...cameBack, open: [90, 'low'], isUnreported: true } as const;
const settingsChanged = true;

const suites: Record<string, Row[]> = {
  'a condition': [
    ['opens when it is found for the first time', { judged: [90, 'low'] }, 'opened, reported'],
    [
      'opens without a report when settings changed',
      { judged: [90, 'low'], settingsChanged },
      'opened, suppressed (settings-changed)',
    ],
    [
      'opens with a report even if its kind was just reported',
      { judged: [90, 'low'], msSinceReported: 1 },
      'opened, reported',
    ],
    ['escalates at a higher level', { open: [90, 'low'], judged: [180, 'low'] }, 'escalated, reported'],
    [
      'escalates without a report when settings changed',
      { open: [90, 'low'], judged: [180, 'low'], settingsChanged },
      'escalated, suppressed (settings-changed)',
    ],
    ['escalates at a higher severity', { open: [180, 'low'], judged: [180, 'medium'] }, 'escalated, reported'],
    [
      'escalates at a higher level even if its severity is lower',
      { open: [90, 'medium'], judged: [180, 'low'] },
      'escalated, reported',
    ],
    ['eases at a lower level', { open: [180, 'low'], judged: [90, 'low'] }, 'eased, suppressed (eased)'],
    ['eases at a lower severity', { open: [180, 'medium'], judged: [180, 'low'] }, 'eased, suppressed (eased)'],
    [
      'eases because of changed settings',
      { open: [180, 'low'], judged: [90, 'low'], settingsChanged },
      'eased, suppressed (settings-changed)',
    ],
    [
      'that stays the same has no transition, whatever the settings',
      { open: [180, 'low'], judged: [180, 'low'], settingsChanged },
      'nothing',
    ],
  ],
  'a condition that comes back': [
    ['within a day is suppressed', { ...cameBack, msSinceReported: msPerDay - 1 }, 'reopened, suppressed (flapping)'],
    [
      'within a day is suppressed even if its severity is high',
      { ...cameBack, judged: [90, 'high'] },
      'reopened, suppressed (flapping)',
    ],
    ['within a day is reported if it is critical', { ...cameBack, judged: [90, 'critical'] }, 'reopened, reported'],
    ['after a day is reported', { ...cameBack, msSinceReported: msPerDay }, 'reopened, reported'],
    ['and was never reported is reported', { ...cameBack, msSinceReported: null }, 'reopened, reported'],
    [
      'because of changed settings is suppressed for that reason',
      { ...cameBack, settingsChanged },
      'reopened, suppressed (settings-changed)',
    ],
  ],
  'a condition whose reopening was suppressed': [
    ['has no transition within the day', { ...unreported, msSinceReported: msPerDay - 1 }, 'nothing'],
    ['is reported once the day is over', { ...unreported, msSinceReported: msPerDay }, 'reopened, reported'],
    [
      'is reported once the day is over, even if settings changed',
      { ...unreported, msSinceReported: msPerDay, settingsChanged },
      'reopened, reported',
    ],
    ['is reported at once when it escalates', { ...unreported, judged: [180, 'low'] }, 'escalated, reported'],
    ['eases without a report', { ...unreported, judged: [30, 'low'] }, 'eased, suppressed (eased)'],
    ['ends without a report', { ...unreported, judged: null }, 'resolved (fixed), suppressed (flapping)'],
  ],
};

for (const [subject, rows] of Object.entries(suites)) {
  describe(subject, () => {
    for (const [name, situation, decision] of rows) {
      test(name, () => {
        assert.equal(decide(situation), decision);
      });
    }
  });
}

describe('the end of a condition', () => {
  const reported = 'resolved (fixed), reported';
  const replaced = 'resolved (fixed), suppressed (event)';
  const removed = 'resolved (token-removed), suppressed (event)';
  const table: [kind: ConditionKind, subjectState: SubjectState, decision: string][] = [
    ['token-stale', 'enabled', reported],
    ['token-stale', 'disabled', 'resolved (token-disabled), suppressed (event)'],
    ['token-stale', 'removed', removed],
    // The event that the token works again matters more.
    ['token-disabled-lingering', 'enabled', replaced],
    ['token-disabled-lingering', 'disabled', reported],
    ['token-disabled-lingering', 'removed', removed],
    ['token-type-unknown', 'enabled', reported],
    ['token-type-unknown', 'disabled', reported],
    ['owner-idle', 'active', reported],
    ['owner-idle', 'deactivated', replaced],
    ['owner-idle', 'missing', replaced],
    ['owner-deactivated', 'active', reported],
    ['owner-deactivated', 'missing', replaced],
    ['owner-missing', 'active', reported],
    ['owner-missing', 'deactivated', replaced],
    ['owner-missing', 'removed', removed],
  ];
  for (const [kind, subjectState, decision] of table) {
    test(`${kind} of a subject that is ${subjectState}: ${decision}, even if it was reported within the day`, () => {
      assert.equal(decide({ kind, subjectState, open: [30, 'low'], msSinceReported: 1 }), decision);
    });
  }

  test('is not reported when settings changed, unless the token was removed or disabled', () => {
    const change = { open: [30, 'low'], isUnreported: true, settingsChanged } as const;
    assert.equal(decide(change), 'resolved (settings-changed), suppressed (settings-changed)');
    assert.equal(decide({ ...change, subjectState: 'removed' }), removed);
    assert.equal(decide({ ...change, subjectState: 'disabled' }), 'resolved (token-disabled), suppressed (event)');
  });
});

const stale: JudgedCondition = { kind: 'token-stale', level: 90, severity: 'low' };
const openStale: OpenInterval = { ...stale, id: 7, isUnreported: false };

describe('a reopening that was suppressed', () => {
  const waiting: OpenInterval = { ...openStale, isUnreported: true };
  const table: [name: string, open: OpenInterval | null, suppressedBy: Suppression | null, waits: boolean][] = [
    ['waits to be reported', null, 'flapping', true],
    ['still waits when it eases', waiting, 'eased', true],
    ['waits no longer when a transition is reported', waiting, null, false],
    ['does not wait if it was reported before', openStale, 'eased', false],
    ['does not wait if settings are the reason', null, 'settings-changed', false],
  ];
  for (const [name, open, suppressedBy, waits] of table) {
    test(name, () => {
      const decision = { transition: 'eased', suppressedBy, reason: null } as const;
      assert.equal(staysUnreported({ kind: 'token-stale', open, judged: stale }, decision), waits);
    });
  }

  test('still waits while there is no transition, but no longer once the condition has ended', () => {
    assert.equal(staysUnreported({ kind: 'token-stale', open: waiting, judged: stale }, null), true);
    assert.equal(staysUnreported({ kind: 'token-stale', open: waiting, judged: null }, null), false);
  });
});

describe('the differences between a verdict and what is open', () => {
  const unknown: JudgedCondition = { kind: 'token-type-unknown', level: 0, severity: 'medium' };

  test('do not include what is the same or undecided', () => {
    assert.deepEqual(findDifferences([openStale], { judged: [stale], undecided: [] }), []);
    assert.deepEqual(findDifferences([openStale], { judged: [], undecided: ['token-stale'] }), []);
  });

  test('include what is found and not open, and what is open and not found', () => {
    assert.deepEqual(findDifferences([openStale], { judged: [unknown], undecided: [] }), [
      { kind: 'token-type-unknown', open: null, judged: unknown },
      { kind: 'token-stale', open: openStale, judged: null },
    ]);
  });

  test('include what is open at another level or severity, or has not been reported yet', () => {
    for (const differences of [{ level: 180 }, { severity: 'medium' }, { isUnreported: true }] as const) {
      const open = { ...openStale, ...differences };
      assert.deepEqual(findDifferences([open], { judged: [stale], undecided: [] }), [
        { kind: 'token-stale', open, judged: stale },
      ]);
    }
  });
});
