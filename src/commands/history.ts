import { openLook } from '../look.ts';
import { type HistoryEntry, historyEntry } from '../text/history-text.ts';
import { formatOption, parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { type Column, printListing } from './listing.ts';
import { accountOption, oneToken } from './subject.ts';

const columns: Column<HistoryEntry>[] = [
  { heading: 'at', value: (entry) => entry.at },
  { heading: 'run', value: (entry) => entry.runId },
  { heading: 'kind', value: (entry) => entry.kind },
  { heading: 'turn', value: (entry) => entry.turn },
  { heading: 'severity', value: (entry) => entry.severity },
  { heading: 'name', value: (entry) => entry.tokenName },
  { heading: 'subject', value: (entry) => entry.subject.id, isWhole: true },
  { heading: 'what', value: (entry) => entry.says },
  { heading: 'told by', value: (entry) => entry.mail ?? entry.silence },
];

export const run: RunCommand = async (args, context) => {
  const { values, positionals } = parseCommandLine(
    args,
    { owner: { type: 'string' }, format: { type: 'string' } },
    args.some((arg) => arg === '--owner' || arg.startsWith('--owner=')) ? [] : ['TOKEN-ID'],
  );
  const format = formatOption(values.format);
  using store = await openLook(context.env);
  const membershipId = accountOption(store, values.owner);
  const subjects =
    membershipId === undefined
      ? [oneToken(store, positionals[0] ?? '')]
      : [membershipId, ...store.tokensHeld(membershipId)];
  await printListing(store.history(subjects).map(historyEntry), columns, format, 'Nothing is known of it.', context);
  return exitCode.done;
};
