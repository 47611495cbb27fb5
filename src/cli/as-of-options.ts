import { UsageError } from '../errors.ts';
import type { AsOf } from '../history/as-of.ts';
import type { History } from '../history/history.ts';
import type { Run } from '../store/runs.ts';
import { minuteOf } from '../text/words.ts';
import { numberOption } from './arguments.ts';
import { pastInstant } from './dates.ts';

/** For commands that can answer as of a moment in the past. */
export const asOfOptions = { run: { type: 'string' }, at: { type: 'string' } } as const;

/**
 * Reads `--run` and `--at`: as of the complete run that is named, of that instant, or of now. Wrong values are
 * refused before any database is opened, and moments of which nothing is known when it is asked.
 *
 * @throws UsageError, and so does what it returns
 */
export function asOfOption(
  { run, at }: { run?: string | undefined; at?: string | undefined },
  env: NodeJS.ProcessEnv,
): (history: History) => AsOf {
  if (run !== undefined && at !== undefined) throw new UsageError('--run and --at exclude each other');
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

/** `As of run 96, 2026-11-21 04:42 UTC.` to be shown above a table; empty where there is no run. */
export function captionOf({ run }: AsOf): string {
  return run === null ? '' : `As of run ${run.id}, ${minuteOf(run.startedAt)}.`;
}

/** The run for FROM or TO of `diff`: a number is a run, anything else a day or an instant. @throws UsageError */
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
      oldest === null ? 'Run an audit first' : `The oldest snapshot is that of run ${oldest.id}, ${oldest.startedAt}`,
  });
}

/**
 * The run of that number, if it completed and is not pruned: part of a snapshot is none.
 *
 * @param what the option or argument with its value, for errors
 * @throws UsageError
 */
export function completeRun(history: History, what: string, id: number): Run {
  const run = history.run(id);
  if (run === null) throw new UsageError(`${what}: there is no such run; \`runs\` lists them`);
  if (run.status !== 'complete') {
    const before = history.completeBefore(id);
    throw new UsageError(`${what}: that run is ${run.status}, so it has no snapshot and reported nothing`, {
      hint: before === null ? '' : `The complete run before it is run ${before.id}, ${before.startedAt}`,
    });
  }
  const oldest = history.oldestSnapshot();
  if (oldest !== null && id < oldest.id) {
    throw new UsageError(`${what}: its history is older than RETENTION_DAYS and was pruned`, {
      hint: `The oldest complete snapshot is that of run ${oldest.id}, ${oldest.startedAt}. A backup may have more`,
    });
  }
  return run;
}
