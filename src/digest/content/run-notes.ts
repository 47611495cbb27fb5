import type { RunReport } from '../../history/report.ts';
import type { FindingOwner } from '../../rules/owner.ts';
import { removalSampleSize } from '../../rules/removal-policy.ts';
import { quoted, visible, visibleWithoutLinks } from '../../text/visible.ts';
import { plural } from '../../text/words.ts';
import { recipientNotes } from './delivery-section.ts';
import type { MailContext } from './mail-content.ts';
import { registerAlerts, registerNotes } from './register-section.ts';

const frozen = 'Owner findings are frozen until owners can be read again.';

/** What must not be overlooked: what is hard to believe, and what is missing from this audit. */
export function runAlerts(report: RunReport): string[] {
  const { ownersProblem } = report;
  const always = [...breakerAlerts(report), ...registerAlerts(report.register)];
  if (ownersProblem === null) return always;
  const hint = ownersProblem.hint === '' ? '' : ` What to do: ${visible(ownersProblem.hint, 400)}.`;
  return [
    ...always,
    `The owners of tokens are unknown in this audit: ${visibleWithoutLinks(ownersProblem.problem, 400)}. ${frozen}${hint}`,
  ];
}

/** What else a reader must know about the audit itself, and no mail has said yet. */
export function runNotes(report: RunReport, { timeZone }: MailContext): string[] {
  const { run, rejudgedCount, mail } = report;
  const found = [...ownerNotes(report), ...roleNotes(report), ...registerNotes(report.register), ...proofNotes(report)];
  if (run.surplus > 0) {
    found.push(
      `${plural(run.surplus, 'token')} vanished while the list was read. The next audit reports which, unless they are back by then.`,
    );
  }
  if (rejudgedCount > 0) {
    found.push(
      `Settings of the rules, or the use of a register, changed: ${plural(rejudgedCount, 'finding')} opened, changed or closed for that reason alone and ${rejudgedCount === 1 ? 'is' : 'are'} not listed.`,
    );
  }
  return [...found, ...recipientNotes(mail, timeZone)];
}

function ownerNotes({ ownersProblem, ownersUnresolved, runsWithoutOwners }: RunReport): string[] {
  if (ownersProblem !== null) return [];
  const notes: string[] = [];
  if (runsWithoutOwners > 0) {
    notes.push(`The owners of tokens are known again, after ${plural(runsWithoutOwners, 'audit')} without.`);
  }
  if (ownersUnresolved > 0) {
    const them = ownersUnresolved === 1 ? 'it' : 'them';
    notes.push(
      `${unresolvedOwners(ownersUnresolved)}: no user list shows ${them}, and Omni has given no clear answer for ${them} by id. Each audit asks again for those asked longest ago. Until then findings about ${them} neither open nor resolve.`,
    );
  }
  return notes;
}

function roleNotes({ rolesProblem, rolesPending: { owners, unknown } }: RunReport): string[] {
  if (unknown > 0) {
    return [
      `The roles of ${unknown} of ${plural(owners, 'owner')} are not known yet. Each audit asks about more of them.`,
    ];
  }
  if (rolesProblem === null) return [];
  const { problem, hint } = rolesProblem;
  const said = `Omni did not say what some owners may do: ${visibleWithoutLinks(problem, 160)}.`;
  return [`${said} Their last known roles stay, with their dates.${hint === '' ? '' : ` ${visible(hint, 160)}.`}`];
}

/** What the roles in a mail leave out; nothing for a mail without any. */
export function roleLimits(owners: Iterable<FindingOwner | null>): string[] {
  for (const owner of owners) {
    if (owner?.role) {
      return ['Roles apply to connections. Omni does not tell us who is an Organization Admin.'];
    }
  }
  return [];
}

/** What this audit could not check, and what Omni's list hides. */
function proofNotes({ clockChecked, credential, hiddenTokens, groups }: RunReport): string[] {
  const notes: string[] = [];
  if (!clockChecked) {
    notes.push(
      'Omni did not say what time it is, so the clock could not be checked: nothing expired and nothing was pruned.',
    );
  }
  if (
    credential === 'silent' ||
    (credential === 'never known' && groups.some(({ kind }) => kind === 'token-removed'))
  ) {
    notes.push('Omni did not say what rights our own credential has, so tokens may be hidden from it.');
  }
  return [
    ...notes,
    ...hiddenNotes(hiddenTokens.filter((token) => !token.isToBeRevoked)),
    ...unprovedNotes(hiddenTokens.filter((token) => token.isToBeRevoked)),
  ];
}

type HiddenTokens = RunReport['hiddenTokens'];

function hiddenNotes(tokens: HiddenTokens): string[] {
  if (tokens.length === 0) return [];
  const [them, count] = tokens.length === 1 ? ['it', 'it counts'] : ['them', 'they count'];
  return [
    `${hiddenText(tokens.length)}: ${namesOf(tokens)}. Omni still answers for ${them} by id, so ${count} as present.`,
  ];
}

function unprovedNotes(tokens: HiddenTokens): string[] {
  if (tokens.length === 0) return [];
  const [are, gone] =
    tokens.length === 1 ? ['is', 'it is gone, so it counts'] : ['are', 'they are gone, so they count'];
  return [
    `${plural(tokens.length, 'token')} that ${are} to be revoked ${are} missing from Omni’s list: ${namesOf(tokens)}. Omni has not confirmed by id that ${gone} as present.`,
  ];
}

function namesOf(tokens: HiddenTokens): string {
  const names = tokens.slice(0, maxHiddenNames).map(({ id, name }) => `${quoted(name)} (${visible(id)})`);
  const more = tokens.length > maxHiddenNames ? ` and ${tokens.length - maxHiddenNames} more` : '';
  return `${names.join(', ')}${more}`;
}

const maxHiddenNames = 5;

/** `2 tokens are hidden from Omni’s list`. */
function hiddenText(count: number): string {
  return `${plural(count, 'token')} ${count === 1 ? 'is' : 'are'} hidden from Omni’s list`;
}

/** `6 owners are unresolved`. */
function unresolvedOwners(count: number): string {
  return `${plural(count, 'owner')} ${count === 1 ? 'is' : 'are'} unresolved`;
}

/** What keeps a run from proving that all is well, in a few words each; empty: nothing does. */
export function doubts({
  ownersProblem,
  ownersUnresolved,
  register,
  clockChecked,
  hiddenTokens,
  mail,
}: RunReport): string[] {
  return [
    ownersProblem === null ? '' : 'owners unknown',
    ownersUnresolved === 0 ? '' : `${plural(ownersUnresolved, 'owner')} unresolved`,
    register.problem === null ? '' : 'register unusable',
    clockChecked ? '' : 'clock not checked',
    hiddenTokens.length === 0 ? '' : `${plural(hiddenTokens.length, 'token')} hidden`,
    mail.undelivered.length === 0 ? '' : `${plural(mail.undelivered.length, 'mail')} undelivered`,
  ].filter((doubt) => doubt !== '');
}

/** So much is gone at once that readers would doubt it: says why it was believed. */
function breakerAlerts({ breaker, groups }: RunReport): string[] {
  const removed = groups.find(({ kind }) => kind === 'token-removed')?.count ?? 0;
  if (removed === 0) return [];
  const asked = removed > removalSampleSize ? `${removalSampleSize} of them` : 'each of them';
  switch (breaker) {
    case null:
      return [];
    case 'confirmed':
      return [
        `${plural(removed, 'token')} are gone at once. The whole list was read a second time, and Omni, asked for ${asked} by id, confirmed it.`,
      ];
    case 'accepted':
      return [`${plural(removed, 'token')} are gone at once. An operator vouched for it with --accept-removals.`];
    default:
      return breaker satisfies never;
  }
}
