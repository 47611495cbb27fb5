import { openLook } from '../look.ts';
import type { ListedFinding } from '../store/listings.ts';
import { findingDetail } from '../text/finding-text.ts';
import { formatOption, numberOption, parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { chooseRun } from './complete-run.ts';
import { exitCode } from './exit-code.ts';
import { type Column, printListing } from './listing.ts';

const columns: Column<ListedFinding>[] = [
  { heading: 'id', value: (finding) => finding.id },
  { heading: 'run', value: (finding) => finding.runId },
  { heading: 'severity', value: (finding) => finding.severity },
  { heading: 'kind', value: (finding) => finding.kind },
  { heading: 'state', value: (finding) => finding.state },
  { heading: 'type', value: (finding) => finding.tokenType },
  { heading: 'name', value: ({ tokenName, detail }) => tokenName ?? accountOf(detail) },
  { heading: 'subject', value: (finding) => finding.subject.id },
  { heading: 'detail', value: (finding) => findingDetail({ ...finding, turn: 'event' }) },
  { heading: 'opened', value: (finding) => finding.openedAt },
  { heading: 'resolved', value: (finding) => finding.resolvedAt },
  { heading: 'acknowledged', value: ({ acknowledgement }) => describe(acknowledgement) },
];

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, {
    run: { type: 'string' },
    open: { type: 'boolean', default: false },
    format: { type: 'string' },
  });
  const format = formatOption(values.format);
  const asked = numberOption('run', values.run, 1);
  using store = await openLook(context.env);
  const runId = asked === null ? null : chooseRun(store, asked);
  printListing(store.findings({ runId, open: values.open, now: new Date() }), columns, format, 'No findings.', context);
  return exitCode.done;
};

function accountOf({ owner }: ListedFinding['detail']): string | null {
  return owner?.userName || owner?.displayName || null;
}

function describe(acknowledgement: ListedFinding['acknowledgement']): string | null {
  if (acknowledgement === null) return null;
  const { until, by, reason } = acknowledgement;
  return `until ${until} by ${by}: ${reason}`;
}
