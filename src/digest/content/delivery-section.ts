import type { MailReport, NamedMail, UndeliveredMail } from '../../history/report.ts';
import type { MessageKind } from '../../mail/message.ts';
import { maxRowsPerGroup } from '../../rules/finding-groups.ts';
import { visible } from '../../text/visible.ts';
import { minuteOf, plural } from '../../text/words.ts';
import { type MailRow, type MailSection, plainRow, plainSection } from './mail-content.ts';

/** More addresses or mails than these would bury the rest. */
const maxNames = 5;

const kindNames: Record<MessageKind, string> = {
  baseline: 'baseline',
  digest: 'digest',
  summary: 'summary',
  inventory: 'inventory',
  failing: 'mail about failing audits',
  recovered: 'mail about recovered audits',
  breaker: 'mail about doubtful removals',
  notice: 'notice',
  test: 'test mail',
};

/** `digest of 2026-11-23 07:00 UTC`. */
export function mailName({ kind, createdAt }: Omit<NamedMail, 'id'>, timeZone: string): string {
  return `${kindNames[kind]} of ${minuteOf(createdAt, timeZone)}`;
}

/**
 * What did not arrive; no section if everything did. It has neither subjects nor replies of the server, because a
 * content filter that refused one mail for its words would refuse this one, too.
 */
export function undeliveredSections({ undelivered }: Pick<MailReport, 'undelivered'>, timeZone: string): MailSection[] {
  if (undelivered.length === 0) return [];
  return [
    {
      ...plainSection,
      title: 'Undelivered mail',
      intro:
        'An operator can print each of these mails with `omni-token-audit mail --show N`. To end this report: repair the cause, take the address out of MAIL_TO, or run `mail --discard`.',
      count: undelivered.length,
      rows: undelivered.slice(0, maxRowsPerGroup).map((mail) => undeliveredRow(mail, timeZone, true)),
      moreCommand: 'omni-token-audit mail',
    },
  ];
}

/**
 * The same for a notice about one mail. It names no other mail and no address, so that no number of undelivered mails
 * makes the notice too large for a server that limits the size.
 */
export function noticeSections(
  { undelivered }: Pick<MailReport, 'undelivered'>,
  refusedId: number,
  timeZone: string,
): MailSection[] {
  if (undelivered.length === 0) return [];
  const own = undelivered.filter(({ id }) => id === refusedId);
  const others = undelivered.length - own.length;
  const rest = `and ${plural(others, 'other mail')} ${others === 1 ? 'is' : 'are'} undelivered`;
  return [
    {
      ...plainSection,
      title: 'Undelivered mail',
      count: null,
      rows: [
        ...own.map((mail) => undeliveredRow(mail, timeZone, false)),
        ...(others > 0 ? [{ ...plainRow, title: rest }] : []),
      ],
      moreCommand: 'omni-token-audit mail',
    },
  ];
}

function undeliveredRow(mail: UndeliveredMail, timeZone: string, hasAddresses: boolean): MailRow {
  const states = new Map<string, string[]>();
  for (const { status, replyCodes, recipient } of mail.deliveries) {
    const state = stateName(status, replyCodes);
    states.set(state, [...(states.get(state) ?? []), visible(recipient)]);
  }
  return {
    ...plainRow,
    title: `Mail ${mail.id}: ${mailName(mail, timeZone)}`,
    facts: [...states].map(([state, addresses]) => (hasAddresses ? `${state}: ${listed(addresses)}` : state)),
  };
}

function stateName(status: UndeliveredMail['deliveries'][number]['status'], replyCodes: string | null): string {
  switch (status) {
    case 'parked':
      return replyCodes === null ? 'Parked' : `Parked, after the reply ${replyCodes}`;
    case 'pending':
      return 'Waiting';
    case 'discarded':
      return 'Given up, and nobody has received it';
    default:
      return status satisfies never;
  }
}

/** Who joined and left MAIL_TO since the last mail, and what became of the mail that was waiting. */
export function recipientNotes({ added, removed, redirected, givenUp }: MailReport, timeZone: string): string[] {
  const changes = [
    ...(added.length > 0 ? [`added ${listed(added.map((address) => visible(address)))}`] : []),
    ...(removed.length > 0 ? [`removed ${listed(removed.map((address) => visible(address)))}`] : []),
  ];
  return [
    ...(changes.length > 0 ? [`MAIL_TO has changed: ${changes.join('; ')}.`] : []),
    ...(redirected.length > 0
      ? [
          `${plural(redirected.length, 'mail')} that nobody had received ${redirected.length === 1 ? 'goes' : 'go'} to the present recipients: ${listed(redirected.map((mail) => `mail ${mail.id} (${mailName(mail, timeZone)})`))}.`,
        ]
      : []),
    ...givenUp.map(
      ({ recipient, count }) =>
        `${plural(count, 'mail')} that waited for ${visible(recipient)} ${count === 1 ? 'was' : 'were'} given up: the address is no longer in MAIL_TO, and others have received ${count === 1 ? 'it' : 'them'}.`,
    ),
  ];
}

function listed(names: readonly string[]): string {
  const more = names.length > maxNames ? ` and ${names.length - maxNames} more` : '';
  return `${names.slice(0, maxNames).join(', ')}${more}`;
}
