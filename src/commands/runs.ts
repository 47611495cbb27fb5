import { openLook } from '../look.ts';
import { formatOption, parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { type Column, printListing } from './listing.ts';

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
  { heading: 'id', value: (run) => run.id, isWhole: true },
  { heading: 'trigger', value: (run) => run.trigger },
  { heading: 'status', value: (run) => run.status },
  { heading: 'started', value: (run) => run.startedAt },
  { heading: 'finished', value: (run) => run.finishedAt },
  { heading: 'baseline', value: (run) => run.isBaseline },
  { heading: 'tokens', value: (run) => run.tokenCount },
  { heading: 'pages', value: (run) => run.pageCount },
  { heading: 'requests', value: (run) => run.requestCount },
  { heading: 'findings', value: (run) => run.findingCount },
  { heading: 'error', value: (run) => run.error },
];

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, { format: { type: 'string' } });
  const format = formatOption(values.format);
  using store = await openLook(context.env);
  await printListing(store.runs.list().map(documented), columns, format, 'No audit has run yet.', context);
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
