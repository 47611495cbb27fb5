import type { ConditionKind } from '../rules/catalogue.ts';
import type { Credential } from '../rules/credential.ts';
import type { Judge } from '../rules/judge.ts';
import type { Run } from '../store/runs.ts';
import type { Transaction } from '../store/transaction.ts';
import type { AuditStore } from '../stores.ts';

/** The run that is being recorded. */
export interface RecordedRun {
  id: number;
  /** The complete run before; null at the baseline. */
  previous: Pick<Run, 'id' | 'startedAt' | 'settingsFingerprint'> | null;
  judge: Judge;
  ownersKnown: boolean;
  /** Ids of removed tokens for which Omni answered 404. */
  confirmedRemovals: ReadonlySet<string>;
  /** The auditor's own; null where it is not known. */
  credential: { before: Credential | null; after: Credential | null };
  /** The one instant of the audit. */
  now: Date;
}

/** What the steps of recording a run share. */
export interface Recording {
  tx: Transaction;
  store: AuditStore;
  run: RecordedRun;
  /** The kinds whose settings differ from those of the run before, so that their transitions may come from that. */
  rejudgedKinds: ReadonlySet<ConditionKind>;
}
