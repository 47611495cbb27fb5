import type { ConditionKind } from '../../src/rules/catalogue.ts';
import type { Severity } from '../../src/rules/severity.ts';
import { decideTransition, type SubjectState, type TransitionDecision } from '../../src/rules/transitions.ts';
import { someMorning } from './fake-clock.ts';

export interface Situation {
  kind: ConditionKind;
  /** Level and severity of what is open; null: nothing. */
  open: readonly [level: number, severity: Severity] | null;
  /** Of what the rules find. */
  judged: readonly [level: number, severity: Severity] | null;
  isUnreported: boolean;
  hadEarlierInterval: boolean;
  /** Since a transition was last reported; null: none was. */
  msSinceReported: number | null;
  subjectState: SubjectState;
  settingsChanged: boolean;
}

/** Decides about a token that has been stale for long, but for the differences. */
export function decide(differences: Partial<Situation>): TransitionDecision | null {
  const { kind, open, judged, isUnreported, hadEarlierInterval, msSinceReported, subjectState, settingsChanged } = {
    ...usual,
    ...differences,
  };
  const lastReportedAt =
    msSinceReported === null ? null : new Date(someMorning.getTime() - msSinceReported).toISOString();
  return decideTransition(
    {
      kind,
      open: open && { id: 1, kind, level: open[0], severity: open[1], isUnreported },
      judged: judged && { kind, level: judged[0], severity: judged[1] },
    },
    { past: { hadEarlierInterval, lastReportedAt }, subjectState, settingsChanged, now: someMorning },
  );
}

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
