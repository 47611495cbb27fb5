import type { RunReport } from '../../history/report.ts';
import { maxRemovalSample } from '../../rules/removal-policy.ts';
import { maxOwnersConfirmed } from '../../rules/user-list-completeness.ts';
import { visible } from '../../text/visible.ts';
import { plural } from '../../text/words.ts';

const frozen = 'Owner findings are frozen until owners can be read again.';

/** What must not be overlooked: what is hard to believe, and what is missing from this audit. */
export function runAlerts(report: RunReport): string[] {
  const { ownersProblem } = report;
  if (ownersProblem === null) return breakerAlerts(report);
  const hint = ownersProblem.hint === '' ? '' : ` What to do: ${visible(ownersProblem.hint, 400)}.`;
  return [
    ...breakerAlerts(report),
    `The owners of tokens are unknown in this audit: ${visible(ownersProblem.problem, 400)}. ${frozen}${hint}`,
  ];
}

/** What else a reader must know about the audit itself, and no mail has said yet. */
export function runNotes(report: RunReport): string[] {
  const { run, rejudgedCount, discardedRecipients } = report;
  const found = ownerNotes(report);
  if (run.surplus > 0) {
    found.push(
      `${plural(run.surplus, 'token')} vanished while the list was read. The next audit reports which, unless they are back by then.`,
    );
  }
  if (rejudgedCount > 0) {
    found.push(
      `The thresholds of this audit were changed: ${plural(rejudgedCount, 'finding')} opened, changed or closed for that reason alone and ${rejudgedCount === 1 ? 'is' : 'are'} not listed.`,
    );
  }
  for (const { recipient, count } of discardedRecipients) {
    found.push(
      `${plural(count, 'mail')} that waited for ${visible(recipient)} ${count === 1 ? 'was' : 'were'} given up: the address is no longer in MAIL_TO.`,
    );
  }
  return found;
}

function ownerNotes({ ownersProblem, ownersUnresolved, blindRuns }: RunReport): string[] {
  if (ownersProblem !== null) return [];
  const notes: string[] = [];
  if (blindRuns > 0) {
    notes.push(`The owners of tokens are known again, after ${plural(blindRuns, 'audit')} without.`);
  }
  if (ownersUnresolved > 0) {
    notes.push(
      `${plural(ownersUnresolved, 'owner')} ${ownersUnresolved === 1 ? 'was' : 'were'} in no user list. Each audit asks Omni for up to ${maxOwnersConfirmed} such owners by id; until then ${ownersUnresolved === 1 ? 'it counts' : 'they count'} as unknown.`,
    );
  }
  return notes;
}

/** So much is gone at once that readers would doubt it: says why it was believed. */
function breakerAlerts({ breaker, groups }: RunReport): string[] {
  const removed = groups.find(({ kind }) => kind === 'token-removed')?.count ?? 0;
  const asked = removed > maxRemovalSample ? `${maxRemovalSample} of them` : 'each of them';
  switch (breaker) {
    case null:
      return [];
    case 'confirmed':
      return [
        `${plural(removed, 'token')} are gone at once. The whole list was read a second time, and Omni, asked for ${asked} by id, confirmed it.`,
      ];
    case 'accepted':
      return [
        `${plural(removed, 'token')} are gone at once, and nothing was asked by id: an operator vouched for it with --accept-removals.`,
      ];
    default:
      return breaker satisfies never;
  }
}
