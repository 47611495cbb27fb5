import { voidedByEvent } from '../rules/acknowledgement.ts';
import { type EventKind, eventSeverity } from '../rules/catalogue.ts';
import { compareCredentials, describeCredential } from '../rules/credential.ts';
import type { FindingToken, KindWithFacts, Subject } from '../rules/finding.ts';
import { type TokenChange, tokenEvents } from '../rules/token-events.ts';
import { resolveVanished } from './record-conditions.ts';
import type { Recording } from './recording.ts';

/** Journals how the staged listing differs from the previous snapshot, and voids the acknowledgements that no longer apply. */
export function recordChanges(recording: Recording): void {
  const { snapshots } = recording.store;
  for (const change of snapshots.changes()) {
    recordChange(recording, change);
    if (change.kind === 'vanished') resolveVanished(recording, change.before);
  }
  for (const type of snapshots.firstSeenTypes()) {
    const subject: Subject = { type: 'organisation', id: type };
    recordEvent(recording, { kind: 'type-first-seen', detail: { value: type } }, subject, null);
  }
}

/** Journals a change of the auditor's own credential. */
export function recordCredential(recording: Recording): void {
  const { before, after } = recording.run.credential;
  if (before === null || after === null) return;
  const change = compareCredentials(before, after);
  if (change === 'same') return;
  const detail = { before: describeCredential(before), after: describeCredential(after), isReduced: change === 'less' };
  const subject: Subject = { type: 'organisation', id: 'credential' };
  recordEvent(recording, { kind: 'credential-changed', detail }, subject, null);
}

function recordChange(recording: Recording, change: TokenChange): void {
  const { tx, store, run } = recording;
  for (const { token, ...event } of tokenEvents(change, run.confirmedRemovals)) {
    const subject: Subject = { type: 'token', id: token.id };
    recordEvent(recording, event, subject, token);
    const what = voidedByEvent(event);
    if (what === null) continue;
    store.acknowledgements.voidOfSubject(tx, subject, what, run.now);
    // When the owner's conditions were accepted, the token was as before the event.
    if (token.membershipId !== null) {
      store.acknowledgements.voidOfSubject(tx, { type: 'owner', id: token.membershipId }, what, run.now);
    }
  }
}

function recordEvent(
  { tx, store, run }: Recording,
  event: KindWithFacts<EventKind>,
  subject: Subject,
  token: FindingToken | null,
): void {
  store.findings.journal(tx, {
    ...event,
    runId: run.id,
    transition: 'event',
    severity: eventSeverity(event.kind, {
      tokenType: token?.type ?? null,
      isReduced: event.kind === 'credential-changed' && event.detail.isReduced,
    }),
    subject,
    token,
    conditionId: null,
    suppressedBy: null,
  });
}
