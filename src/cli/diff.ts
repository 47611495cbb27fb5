import { accountName, findingSentence } from '../digest/wording.ts';
import { UsageError } from '../errors.ts';
import type { Finding } from '../rules/finding.ts';
import { minuteOf } from '../text/words.ts';
import { formatOption, parseCommandLine } from './arguments.ts';
import { runArgument } from './as-of-options.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { printListing } from './listing.ts';
import { openForReading } from './open.ts';
import type { Column } from './table.ts';

type Difference = ReturnType<typeof toDifference>;

const columns: Column<Difference>[] = [
  { heading: 'severity', value: (difference) => difference.severity },
  { heading: 'kind', value: (difference) => difference.kind },
  { heading: 'transition', value: (difference) => difference.transition, isSpare: true },
  { heading: 'name', value: (difference) => difference.tokenName, is: 'name' },
  { heading: 'type', value: (difference) => difference.tokenType, is: 'name', isSpare: true },
  { heading: 'subject', value: ({ subject }) => subject.id, is: 'id' },
  { heading: 'owner', value: (difference) => difference.owner, is: 'name' },
  { heading: 'membership', value: (difference) => difference.membershipId, is: 'id', isSpare: true },
  { heading: 'what', value: (difference) => difference.says, is: 'prose' },
];

export const run: RunCommand = async (args, context) => {
  const { values, positionals } = parseCommandLine(args, { format: { type: 'string' } }, ['FROM', 'TO']);
  const format = formatOption(values.format);
  using store = openForReading(context.env);
  const { history } = store;
  const [first = '', second = ''] = positionals;
  const from = runArgument(history, 'FROM', first, context.env);
  const to = runArgument(history, 'TO', second, context.env);
  if (from.id > to.id) throw new UsageError(`${first} is later than ${second}: put the earlier one first`);
  if (from.id === to.id && first !== second) {
    throw new UsageError(
      `no audit completed between ${first} and ${second}: both refer to run ${from.id}, so what changed in between is unknown`,
      {
        hint: 'Run `omni-token-audit runs --since DAY --until DAY` to list the runs of that period',
      },
    );
  }
  const caption = `From run ${from.id}, ${minuteOf(from.startedAt, 'UTC')}, to run ${to.id}, ${minuteOf(to.startedAt, 'UTC')}.`;
  const differences = history.diff(from.id, to.id).map(toDifference);
  await printListing(differences, columns, format, { whenEmpty: 'Nothing changed.', caption }, context);
  return exitCode.done;
};

/** Returns a difference with the fields of the JSON and CSV forms. */
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
    says: findingSentence(finding),
  };
}
