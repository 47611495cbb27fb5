import { changedKinds, registerKinds } from '../rules/judge.ts';
import type { Transaction } from '../store/transaction.ts';
import type { AuditStore } from '../stores.ts';
import { judgeOwners, judgeTokens, recordExpired } from './record-conditions.ts';
import { recordChanges, recordCredential, recordRaises } from './record-events.ts';
import type { RecordedRun, Recording } from './recording.ts';

/** Makes the staged listing and owners the snapshot of this run, and journals the events and transitions. */
export function recordRun(tx: Transaction, store: AuditStore, run: RecordedRun): void {
  const previousRunId = run.previous?.id ?? null;
  // Before the events, because their severity depends on who the owner is, what it may do, and what the register says.
  store.owners.apply(tx, run.id, previousRunId);
  const raises = store.roles.apply(tx, run.roles, run.id, previousRunId);
  const isRegisterSwitched = store.register.apply(tx, run.register, { id: run.id, startedAt: run.now }, previousRunId);
  const changedSince = (judged: RecordedRun['previous']) =>
    changedKinds(judged?.settingsFingerprint ?? null, run.judge.fingerprint);
  const rejudgedKinds = {
    token: new Set([...changedSince(run.previous), ...(isRegisterSwitched ? registerKinds : [])]),
    // The previous run may have been unable to read the owners.
    owner: changedSince(store.runs.lastWithOwners()),
  };
  const recording: Recording = { tx, store, run, rejudgedKinds, isRegisterSwitched };
  if (previousRunId !== null) recordChanges(recording);
  store.mcpClients.remember(tx, run.id);
  store.snapshots.apply(tx, { id: run.id, startedAt: run.now }, previousRunId);
  store.acknowledgements.voidUncovered(tx, run.now);
  recordRaises(recording, raises);
  recordCredential(recording);
  if (run.ownersKnown) judgeOwners(recording);
  judgeTokens(recording);
  if (run.clockChecked) recordExpired(recording);
  // A baseline mail does not report acknowledgements.
  if (previousRunId !== null) store.acknowledgements.report(tx, run.id);
}
