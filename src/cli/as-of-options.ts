import { UsageError } from '../errors.ts';
import type { AsOf } from '../history/as-of.ts';
import type { History } from '../history/history.ts';
import type { Run } from '../store/runs.ts';
import { minuteOf } from '../text/words.ts';
import { numberOption } from './arguments.ts';
import { pastInstant } from './dates.ts';

/** The options of commands that can answer as of a run or a point in time in the past. */
export const asOfOptions = { run: { type: 'string' }, at: { type: 'string' } } as const;

/**
 * Reads `--run` and `--at`. Malformed values are refused at once, before a database is opened.
 *
 * @returns a function that finds the run for these options in the history or, without options, the newest
 *   complete run. It throws a UsageError when there is no snapshot for them.
 * @throws UsageError
 */
export function asOfOption(
  { run, at }: { run?: string | undefined; at?: string | undefined },
  env: NodeJS.ProcessEnv,
): (history: History) => AsOf {
  if (run !== undefined && at !== undefined) throw new UsageError('--run and --at cannot be combined');
  const id = numberOption('run', run, 1);
  if (id !== undefined) {
    return (history) => {
      const asked = completeRun(history, `--run ${id}`, id);
      return { run: asked, instant: new Date(asked.startedAt), isPast: true };
    };
  }
  if (at === undefined) return (history) => ({ run: history.lastComplete(), instant: new Date(), isPast: false });
  const instant = pastInstant('--at', at, env);
  return (history) => ({ run: completeRunAsOf(history, '--at', instant), instant, isPast: true });
}

/** Returns the line above a table, such as `As of run 96, 2026-11-21 04:42 UTC.`; empty when there is no run. */
export function captionOf({ run }: AsOf): string {
  return run === null ? '' : `As of run ${run.id}, ${minuteOf(run.startedAt, 'UTC')}.`;
}

/** Returns the run for FROM or TO of `diff`: a number is a run, anything else is a day or an instant. @throws UsageError */
export function runArgument(history: History, name: string, text: string, env: NodeJS.ProcessEnv): Run {
  if (/^\d{1,15}$/.test(text)) return completeRun(history, `${name} ${text}`, Number(text));
  return completeRunAsOf(history, name, pastInstant(name, text, env));
}

function completeRunAsOf(history: History, name: string, instant: Date): Run {
  const what = `${name} ${instant.toISOString()}`;
  const run = history.completeAsOf(instant);
  if (run !== null) return completeRun(history, what, run.id);
  const oldest = history.oldestSnapshot();
  throw new UsageError(`${what}: no audit had completed by then`, {
    hint:
      oldest === null
        ? 'Run an audit first'
        : `Use ${oldest.startedAt} or later: the oldest snapshot is from run ${oldest.id}`,
  });
}

/**
 * Returns the run with that number. It must be complete and not pruned, since only then is its snapshot whole.
 *
 * @param what the option or argument with its value, for errors
 * @throws UsageError
 */
export function completeRun(history: History, what: string, id: number): Run {
  const run = history.run(id);
  if (run === null)
    throw new UsageError(`${what}: there is no such run`, { hint: 'Run `omni-token-audit runs` for a list' });
  if (run.status !== 'complete') {
    const before = history.completeBefore(id);
    const state = run.status === 'running' ? 'is still running' : `did not complete (status: ${run.status})`;
    throw new UsageError(`${what}: that run ${state}, so it has no snapshot and no findings`, {
      hint: before === null ? '' : `Use run ${before.id}, the last one that completed before it (${before.startedAt})`,
    });
  }
  const oldest = history.oldestSnapshot();
  if (oldest !== null && id < oldest.id) {
    throw new UsageError(`${what}: that run is older than RETENTION_DAYS, so its snapshot was pruned`, {
      hint: `Use run ${oldest.id} (${oldest.startedAt}) or a later one. For older runs, query an old backup`,
    });
  }
  return run;
}
