import type { HistoryEntry } from '../history/report.ts';
import { formatOption, parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { printListing } from './listing.ts';
import { openForReading } from './open.ts';
import { accountOption, oneToken } from './subject.ts';
import type { Column } from './table.ts';

const columns: Column<HistoryEntry>[] = [
  { heading: 'at', value: (entry) => entry.at, is: 'instant' },
  { heading: 'run', value: (entry) => entry.runId },
  { heading: 'kind', value: (entry) => entry.kind, isSpare: true },
  { heading: 'transition', value: (entry) => entry.transition, isSpare: true },
  { heading: 'severity', value: (entry) => entry.severity },
  { heading: 'name', value: (entry) => entry.tokenName, is: 'name' },
  { heading: 'subject', value: (entry) => entry.subject.id, is: 'id' },
  { heading: 'what', value: (entry) => entry.says, is: 'prose' },
  { heading: 'reported in', value: reportedIn },
];

export const run: RunCommand = async (args, context) => {
  const { values, positionals } = parseCommandLine(
    args,
    { owner: { type: 'string' }, format: { type: 'string' } },
    args.some((arg) => arg === '--owner' || arg.startsWith('--owner=')) ? [] : ['TOKEN-ID'],
  );
  const format = formatOption(values.format);
  using store = openForReading(context.env);
  const { history } = store;
  const membershipId = accountOption(history, values.owner);
  const entries =
    membershipId === undefined
      ? history.tokenTimeline(oneToken(history, positionals[0] ?? ''))
      : history.accountTimeline(membershipId);
  await printListing(
    entries,
    columns,
    format,
    { whenEmpty: 'No audit has recorded anything about this token or account.' },
    context,
  );
  return exitCode.done;
};

function reportedIn({ mailId, suppressedBy }: HistoryEntry): string | null {
  if (mailId !== null) return `mail ${mailId}`;
  return suppressedBy === null ? null : suppressionWords[suppressedBy];
}

const suppressionWords: Record<NonNullable<HistoryEntry['suppressedBy']>, string> = {
  'settings-changed': 'no mail: settings changed',
  event: 'no mail: reported above',
  eased: 'no mail: eased',
  flapping: 'no mail yet: keeps changing',
};
