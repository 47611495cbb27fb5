import { changeSides } from '../digest/timeline-wording.ts';
import { accountName, findingSentence } from '../digest/wording.ts';
import { UsageError } from '../errors.ts';
import { describeDiff, openForReading } from '../look.ts';
import type { Finding } from '../rules/finding.ts';
import { formatOption, parseCommandLine } from './arguments.ts';
import { runArgument } from './as-of-options.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { printListing } from './listing.ts';
import { writeResult } from './result-file.ts';
import type { Column } from './table.ts';

type Difference = ReturnType<typeof toDifference>;

const columns: Column<Difference>[] = [
  { heading: 'kind', value: (difference) => difference.kind },
  { heading: 'transition', value: (difference) => difference.transition },
  { heading: 'severity', value: (difference) => difference.severity },
  { heading: 'subject', value: ({ subject }) => subject.id },
  { heading: 'name', value: (difference) => difference.tokenName },
  { heading: 'type', value: (difference) => difference.tokenType },
  { heading: 'membership', value: (difference) => difference.membershipId },
  { heading: 'owner', value: (difference) => difference.owner },
  { heading: 'before', value: (difference) => difference.before },
  { heading: 'after', value: (difference) => difference.after },
  { heading: 'what', value: (difference) => difference.says },
];

export const run: RunCommand = async (args, context) => {
  const { values, positionals } = parseCommandLine(args, { html: { type: 'string' }, format: { type: 'string' } }, [
    'FROM',
    'TO',
  ]);
  const format = formatOption(values.format);
  if (values.html !== undefined && values.format !== undefined) {
    throw new UsageError('--html and --format exclude each other');
  }
  using store = await openForReading(context.env);
  const [first = '', second = ''] = positionals;
  const from = runArgument(store.history, 'FROM', first, context.env);
  const to = runArgument(store.history, 'TO', second, context.env);
  if (from.id > to.id) throw new UsageError(`${first} is later than ${second}: give the earlier moment first`);
  if (from.id === to.id && first !== second) {
    throw new UsageError(`no audit completed between ${first} and ${second}: at both, run ${from.id} is the newest`, {
      hint: 'What changed in between is not known. `runs --since` and `--until` list the runs of a period',
    });
  }
  const findings = store.history.diff(from.id, to.id);
  if (format !== 'table') {
    await printListing(findings.map(toDifference), columns, format, { whenEmpty: '' }, context);
    return exitCode.done;
  }
  const { text, html } = await describeDiff(context.env, store, [from, to], findings);
  if (values.html === undefined) context.print(text);
  else writeResult(values.html, html, `difference between run ${from.id} and run ${to.id}`, context);
  return exitCode.done;
};

/** A difference as JSON and CSV have it. */
function toDifference(finding: Finding) {
  const { kind, transition, severity, subject, token, owner } = finding;
  return {
    kind,
    transition,
    severity,
    subject,
    tokenName: token?.name ?? null,
    tokenType: token?.type ?? null,
    membershipId: token?.membershipId ?? null,
    owner: accountName(owner),
    ...changeSides(finding),
    says: findingSentence(finding),
  };
}
