import { changeSides } from '../digest/timeline-wording.ts';
import { accountName, findingSentence } from '../digest/wording.ts';
import { UsageError } from '../errors.ts';
import { describeDiff, openForReading } from '../look.ts';
import type { Finding } from '../rules/finding.ts';
import type { ReadStore } from '../stores.ts';
import { formatOption, parseCommandLine } from './arguments.ts';
import { momentAt } from './as-of.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { requireCompleteRun } from './complete-run.ts';
import { exitCode } from './exit-code.ts';
import { printListing } from './listing.ts';
import { writeResult } from './result-file.ts';
import type { Column } from './table.ts';

/** A difference as JSON and CSV have it. */
interface Difference {
  kind: Finding['kind'];
  transition: Finding['transition'];
  severity: Finding['severity'];
  subject: Finding['subject'];
  tokenName: string | null;
  tokenType: string | null;
  membershipId: string | null;
  owner: string | null;
  before: string | null;
  after: string | null;
  says: string;
}

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
  const [from, to] = [runOf(store, 'FROM', positionals[0], context), runOf(store, 'TO', positionals[1], context)];
  const [first, second] = positionals;
  if (from > to) throw new UsageError(`${first} is later than ${second}: give the earlier moment first`);
  if (from === to && first !== second) {
    throw new UsageError(`no audit was complete between ${first} and ${second}: at both, run ${from} is the newest`, {
      hint: 'What changed in between is not known. `runs --since` and `--until` list the audits of a time',
    });
  }
  const findings = store.diff({ from, to });
  if (format !== 'table') {
    await printListing(findings.map(toDifference), columns, format, { whenEmpty: '' }, context);
    return exitCode.done;
  }
  const { text, html } = await describeDiff(context.env, store, { from, to }, findings);
  if (values.html === undefined) context.print(text);
  else writeResult(values.html, html, `difference between run ${from} and run ${to}`, context);
  return exitCode.done;
};

/** A number is a run, anything else a day or an instant. */
function runOf(store: ReadStore, name: string, moment = '', { env }: CommandContext): number {
  if (/^\d{1,15}$/.test(moment)) return requireCompleteRun(store, name, Number(moment)).id;
  return momentAt(store, name, moment, env).run.id;
}

function toDifference(finding: Finding): Difference {
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
