import type { GrantsByClient, Trend } from '../../history/report.ts';
import { openCount, type RunReport } from '../../history/report.ts';
import { quoted, quotedUnlessWord } from '../../text/visible.ts';
import { dayOf, plural } from '../../text/words.ts';
import { type MailContext, type MailSection, plainRow, plainSection } from './mail-content.ts';

/** Omni has three; more than this would be noise. */
export const maxTypes = 8;

/** `121 mcp, 96 personal, 13 organization. 2 findings open (1 acknowledged).` */
export function totalsText(report: RunReport): string {
  const { tokensByType, acknowledgedCount } = report;
  const types = tokensByType.slice(0, maxTypes).map(({ type, count }) => `${count} ${quotedUnlessWord(type, 40)}`);
  const others = tokensByType.slice(maxTypes).reduce((sum, { count }) => sum + count, 0);
  if (others > 0) types.push(`${others} of other types`);
  const open = openCount(report);
  const acknowledged = acknowledgedCount === 0 ? '' : ` (${acknowledgedCount} acknowledged)`;
  return `${types.join(', ')}.${open === 0 ? '' : ` ${plural(open, 'finding')} open${acknowledged}.`}`;
}

/** Tokens by age, and how their number and that of open findings developed. */
export function totalsSection(
  { ages, weeks }: Trend,
  { clients, otherClients, otherGrants }: GrantsByClient,
  { timeZone }: MailContext,
): MailSection {
  const byClient = clients.map(({ client, count }) => `${quoted(client, 40)}: ${count}`);
  if (otherClients > 0) byClient.push(`${plural(otherClients, 'other client')}: ${otherGrants}`);
  const byAge = ages.map(({ fromDays, count }, index) => `${ageLabel(fromDays, ages[index + 1]?.fromDays)}: ${count}`);
  const byWeek = weeks.map(
    ({ at, tokenCount, openCount }) =>
      `${dayOf(at, timeZone)}: ${plural(tokenCount, 'token')}, ${plural(openCount, 'finding')} open`,
  );
  return {
    ...plainSection,
    title: 'Totals',
    count: null,
    rows: [
      { ...plainRow, title: 'Tokens by age', facts: byAge },
      ...(byClient.length === 0 ? [] : [{ ...plainRow, title: 'MCP grants by client', facts: byClient }]),
      { ...plainRow, title: 'The last weeks', facts: byWeek },
    ],
    moreCommand: 'omni-token-audit tokens',
  };
}

function ageLabel(fromDays: number, untilDays: number | undefined): string {
  if (fromDays === 0) return `under ${untilDays} days`;
  return untilDays === undefined ? `${fromDays} days and more` : `${fromDays} to ${untilDays - 1} days`;
}
