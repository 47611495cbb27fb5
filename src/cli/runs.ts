import type { ListedRun } from '../history/listed-runs.ts';
import { runStatuses } from '../store/runs.ts';
import { choiceOption, formatOption, numberOption, parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { periodOption, periodOptions } from './dates.ts';
import { exitCode } from './exit-code.ts';
import { printListing } from './listing.ts';
import { openForReading } from './open.ts';
import type { Column } from './table.ts';

const columns: Column<ListedRun>[] = [
  { heading: 'id', value: (run) => run.id, is: 'id' },
  { heading: 'trigger', value: (run) => run.trigger, isSpare: true },
  { heading: 'status', value: (run) => run.status },
  { heading: 'started', value: (run) => run.startedAt, is: 'instant' },
  { heading: 'finished', value: (run) => run.finishedAt, is: 'instant', isSpare: true },
  { heading: 'baseline', value: (run) => run.isBaseline, isSpare: true },
  { heading: 'tokens', value: (run) => run.tokenCount },
  { heading: 'pages', value: (run) => run.pageCount, isSpare: true },
  { heading: 'requests', value: (run) => run.requestCount, isSpare: true },
  { heading: 'findings', value: (run) => run.findingCount },
  { heading: 'owners known', value: (run) => run.ownersKnown, isSpare: true },
  { heading: 'error', value: (run) => run.error, is: 'prose' },
];

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, {
    ...periodOptions,
    status: { type: 'string' },
    limit: { type: 'string' },
    format: { type: 'string' },
  });
  const format = formatOption(values.format);
  const filter = {
    ...periodOption(values, context.env),
    status: choiceOption('status', values.status, runStatuses),
    limit: numberOption('limit', values.limit, 1),
  };
  using store = openForReading(context.env);
  await printListing(store.history.runs(filter), columns, format, { whenEmpty: 'No runs.' }, context);
  return exitCode.done;
};
