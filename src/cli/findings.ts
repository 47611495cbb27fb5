import { accountName, findingDetail } from '../digest/wording.ts';
import type { ListedFinding } from '../history/listed-findings.ts';
import { openForReading } from '../look.ts';
import { findingKinds } from '../rules/catalogue.ts';
import { ownerFacts } from '../rules/finding.ts';
import { severities } from '../rules/severity.ts';
import { choiceOption, formatOption, numberOption, parseCommandLine } from './arguments.ts';
import { captionOf, chooseMoment, momentOption, momentOptions } from './as-of.ts';
import type { RunCommand } from './command.ts';
import { periodOption, periodOptions } from './dates.ts';
import { exitCode } from './exit-code.ts';
import { printListing } from './listing.ts';
import { accountOption } from './subject.ts';
import type { Column } from './table.ts';

const columns: Column<ListedFinding>[] = [
  { heading: 'id', value: (finding) => finding.id, is: 'id' },
  { heading: 'run', value: (finding) => finding.runId, isSpare: true },
  { heading: 'severity', value: (finding) => finding.severity },
  { heading: 'kind', value: (finding) => finding.kind },
  { heading: 'state', value: (finding) => finding.state },
  { heading: 'type', value: (finding) => finding.tokenType, is: 'name', isSpare: true },
  { heading: 'name', value: (finding) => finding.tokenName ?? accountName(ownerFacts(finding)?.owner), is: 'name' },
  { heading: 'subject', value: (finding) => finding.subject.id, is: 'id' },
  { heading: 'detail', value: findingDetail, is: 'prose' },
  { heading: 'opened', value: (finding) => finding.openedAt, is: 'instant' },
  { heading: 'resolved', value: (finding) => finding.resolvedAt, is: 'instant', isSpare: true },
  { heading: 'acknowledged', value: ({ acknowledgement }) => describe(acknowledgement), is: 'prose' },
];

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, {
    ...momentOptions,
    ...periodOptions,
    open: { type: 'boolean', default: false },
    acknowledged: { type: 'boolean', default: false },
    kind: { type: 'string' },
    severity: { type: 'string' },
    owner: { type: 'string' },
    limit: { type: 'string' },
    format: { type: 'string' },
  });
  const format = formatOption(values.format);
  const moment = momentOption(values);
  const period = periodOption(values, context.env);
  const { open, acknowledged } = values;
  const kind = values.kind === undefined ? undefined : choiceOption('kind', values.kind, findingKinds);
  const severity = values.severity === undefined ? undefined : choiceOption('severity', values.severity, severities);
  const limit = numberOption('limit', values.limit, 1) ?? undefined;
  using store = await openForReading(context.env);
  const chosen = chooseMoment(store, moment, context.env);
  const { run: asOfRun, instant, isAsked } = chosen;
  const asked = isAsked ? asOfRun?.id : undefined;
  const scope = values.run === undefined ? { asOf: asked, now: instant } : { toldBy: asked, now: new Date() };
  // As in the list of tokens, and in the mails: what is listed is as of the run.
  const agesAt = asOfRun === null ? undefined : new Date(asOfRun.startedAt);
  const membershipId = accountOption(store, values.owner);
  const found = store.findings({
    ...scope,
    agesAt,
    ...period,
    open,
    acknowledged,
    kind,
    severity,
    membershipId,
    limit,
  });
  await printListing(found, columns, format, { whenEmpty: 'No findings.', caption: captionOf(chosen) }, context);
  return exitCode.done;
};

function describe(acknowledgement: ListedFinding['acknowledgement']): string | null {
  if (acknowledgement === null) return null;
  const { until, by, reason } = acknowledgement;
  return `until ${until} by ${by}: ${reason}`;
}
