import { voidedByEvent } from '../rules/acknowledgement.ts';
import { type EventKind, eventSeverity } from '../rules/catalogue.ts';
import { compareCredentials, describeCredential } from '../rules/credential.ts';
import type { FindingToken, KindWithFacts, Subject, Suppression } from '../rules/finding.ts';
import { isApproved } from '../rules/register.ts';
import { isConnectionAdmin } from '../rules/role.ts';
import { findRotations } from '../rules/rotation.ts';
import { type Removals, type TokenChange, tokenEvents } from '../rules/token-events.ts';
import type { RoleRaise } from '../store/roles.ts';
import { resolveVanished } from './record-conditions.ts';
import type { Recording } from './recording.ts';

/** Journals how the staged listing differs from the previous snapshot, and voids the acknowledgements that no longer apply. */
export function recordChanges(recording: Recording): void {
  const { snapshots, register } = recording.store;
  const confirmed = recording.run.confirmedRemovals;
  // Without a confirmed removal there is no rotation.
  const mayBeReplaced = new Set([...confirmed].filter((id) => register.entryOf(id)?.decision !== 'revoke'));
  const rotations = findRotations(() => (confirmed.size === 0 ? [] : snapshots.changes()), mayBeReplaced);
  for (const change of snapshots.changes()) {
    recordChange(recording, change, { confirmed, rotations });
    if (change.kind === 'vanished') resolveVanished(recording, change.before);
  }
  for (const type of snapshots.firstSeenTypes()) {
    const subject: Subject = { type: 'organisation', id: type };
    recordEvent(recording, { kind: 'type-first-seen', detail: { value: type } }, subject, null);
  }
  recordNewClients(recording);
}

const maxNewClients = 10;

/** Journals MCP clients that no run has seen before: at most ten, and the number of the others with the last one. */
function recordNewClients(recording: Recording): void {
  const first = recording.store.mcpClients.firstGrants(maxNewClients);
  for (const [index, { token, grants, newNames }] of first.entries()) {
    const others = index === first.length - 1 ? newNames - first.length : 0;
    const event = { kind: 'mcp-client-new', detail: { client: token.name, grants, others } } as const;
    recordEvent(recording, event, { type: 'token', id: token.id }, token);
  }
}

/** Journals that the tokens of some owners can do more than before. The snapshot must be that of this run. */
export function recordRaises(recording: Recording, raises: readonly RoleRaise[]): void {
  for (const { membershipId, before, after } of raises) {
    const { unknownRoles: _, ...role } = after;
    const detail = { ...recording.store.owners.withTokens(membershipId), before, after: role };
    recordEvent(recording, { kind: 'owner-role-raised', detail }, { type: 'owner', id: membershipId }, null);
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

function recordChange(recording: Recording, change: TokenChange, removals: Removals): void {
  const { tx, store, run } = recording;
  for (const { token, suppressedBy, ...event } of tokenEvents(change, removals, run.now)) {
    const subject: Subject = { type: 'token', id: token.id };
    recordEvent(recording, event, subject, token, suppressedBy);
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
  suppressedBy: Suppression | null = null,
): void {
  const membershipId = subject.type === 'owner' ? subject.id : (token?.membershipId ?? null);
  store.findings.journal(tx, {
    ...event,
    runId: run.id,
    transition: 'event',
    severity: eventSeverity(event.kind, {
      tokenType: token?.type ?? null,
      isReduced: event.kind === 'credential-changed' && event.detail.isReduced,
      isConnectionAdmin: isConnectionAdmin(store.owners.lastKnown(membershipId)?.role ?? null),
      isApproved: token !== null && isApproved(store.register.factsOf(token)),
    }),
    subject,
    token,
    conditionId: null,
    suppressedBy,
  });
}
