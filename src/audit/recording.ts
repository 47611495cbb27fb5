import type { ConditionKind } from '../rules/catalogue.ts';
import type { Credential } from '../rules/credential.ts';
import type { Judge } from '../rules/judge.ts';
import type { LearnedRoles } from '../rules/role.ts';
import type { ReadRegister } from '../store/register.ts';
import type { Run } from '../store/runs.ts';
import type { Transaction } from '../store/transaction.ts';
import type { AuditStore } from '../stores.ts';

/** The run that is being recorded. */
export interface RecordedRun {
  id: number;
  /** The previous complete run; null for the baseline. */
  previous: Pick<Run, 'id' | 'settingsFingerprint' | 'clockChecked'> | null;
  judge: Judge;
  ownersKnown: boolean;
  roles: LearnedRoles;
  register: ReadRegister;
  /** Ids of removed tokens for which Omni answered 404. */
  confirmedRemovals: ReadonlySet<string>;
  /** Our own credential; null when it is unknown. */
  credential: { before: Credential | null; after: Credential | null };
  /** The instant of the run. Everything is judged as of this instant. */
  now: Date;
  /** false: Omni sent no time, so nothing may expire. */
  clockChecked: boolean;
}

/** What all steps of recording a run need. */
export interface Recording {
  tx: Transaction;
  store: AuditStore;
  run: RecordedRun;
  /**
   * Kinds whose settings differ from those of the run that last judged tokens or owners. Their transitions may come
   * from the settings alone.
   */
  rejudgedKinds: Record<'token' | 'owner', ReadonlySet<ConditionKind>>;
  /** A register came into effect in this run, or ceased to be. */
  isRegisterSwitched: boolean;
}
