import { accountName, acknowledgementText, findingDetail } from '../digest/wording.ts';
import type { ListedFinding } from '../history/listed-findings.ts';
import { findingKinds } from '../rules/catalogue.ts';
import { ownerFacts } from '../rules/finding.ts';
import { severities } from '../rules/severity.ts';
import { choiceOption, formatOption, numberOption, parseCommandLine } from './arguments.ts';
import { asOfOption, asOfOptions, captionOf } from './as-of-options.ts';
import type { RunCommand } from './command.ts';
import { periodOption, periodOptions } from './dates.ts';
import { exitCode } from './exit-code.ts';
import { printListing } from './listing.ts';
import { openForReading } from './open.ts';
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
  { heading: 'detail', value: (finding) => findingDetail(finding, 'UTC'), is: 'prose' },
  { heading: 'opened', value: (finding) => finding.openedAt, is: 'instant' },
  { heading: 'resolved', value: (finding) => finding.resolvedAt, is: 'instant', isSpare: true },
  {
    heading: 'acknowledged',
    value: ({ acknowledgement }) => acknowledgement && acknowledgementText(acknowledgement),
    is: 'prose',
  },
];

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, {
    ...asOfOptions,
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
  const filter = {
    ...periodOption(values, context.env),
    open: values.open,
    acknowledged: values.acknowledged,
    kind: choiceOption('kind', values.kind, findingKinds),
    severity: choiceOption('severity', values.severity, severities),
    limit: numberOption('limit', values.limit, 1),
  };
  const findAsOf = asOfOption(values, context.env);
  using store = openForReading(context.env);
  const { history } = store;
  const asOf = findAsOf(history);
  const wanted = { ...filter, membershipId: accountOption(history, values.owner) };
  const found =
    values.run === undefined || asOf.run === null
      ? history.findings(asOf, wanted)
      : history.findingsReportedBy(asOf.run.id, wanted, new Date());
  await printListing(found, columns, format, { whenEmpty: 'No findings.', caption: captionOf(asOf) }, context);
  return exitCode.done;
};
