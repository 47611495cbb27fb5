import { openForReading } from '../look.ts';
import { runStatuses } from '../store/runs.ts';
import { choiceOption, formatOption, numberOption, parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { periodOption, periodOptions } from './dates.ts';
import { exitCode } from './exit-code.ts';
import { printListing } from './listing.ts';
import type { Column } from './table.ts';

interface RunRow {
  id: number;
  trigger: string;
  status: string;
  startedAt: string;
  finishedAt: string | null;
  isBaseline: boolean;
  tokenCount: number | null;
  pageCount: number;
  requestCount: number;
  findingCount: number;
  error: string | null;
}

const columns: Column<RunRow>[] = [
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
  const period = periodOption(values, context.env);
  const status = values.status === undefined ? undefined : choiceOption('status', values.status, runStatuses);
  const limit = numberOption('limit', values.limit, 1) ?? undefined;
  using store = await openForReading(context.env);
  await printListing(
    store.runs.list({ ...period, status, limit }).map(documented),
    columns,
    format,
    { whenEmpty: store.runs.last() === null ? 'No audit has run yet.' : 'No such audit.' },
    context,
  );
  return exitCode.done;
};

/** The documented fields, and no others. */
function documented(run: RunRow): RunRow {
  const {
    id,
    trigger,
    status,
    startedAt,
    finishedAt,
    isBaseline,
    tokenCount,
    pageCount,
    requestCount,
    findingCount,
    error,
  } = run;
  return {
    id,
    trigger,
    status,
    startedAt,
    finishedAt,
    isBaseline,
    tokenCount,
    pageCount,
    requestCount,
    findingCount,
    error,
  };
}
