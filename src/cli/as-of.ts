import { loadConfig } from '../config/config.ts';
import { UsageError } from '../errors.ts';
import type { Run } from '../store/runs.ts';
import type { ReadStore } from '../stores.ts';
import { minuteOf } from '../text/words.ts';
import { dayIn, endOfDay } from '../time/calendar-day.ts';
import { numberOption } from './arguments.ts';
import { requireCompleteRun } from './complete-run.ts';
import { parseWhen } from './dates.ts';

/** For commands that can look at the past. */
export const momentOptions = { run: { type: 'string' }, at: { type: 'string' } } as const;

/** A complete run, and the instant that was asked for: that of the run itself, or of now, where none was. */
export interface Moment {
  /** null: no audit was complete yet. */
  run: Run | null;
  instant: Date;
  /** Whether it was asked for. */
  isAsked: boolean;
}

/** What was asked for; nothing: now. */
export interface AskedMoment {
  run: number | null;
  at: string | null;
}

/** @throws UsageError for what cannot be a moment, before any database is opened. */
export function momentOption({ run, at }: { run?: string | undefined; at?: string | undefined }): AskedMoment {
  if (run !== undefined && at !== undefined) throw new UsageError('--run and --at exclude each other');
  return { run: numberOption('run', run, 1), at: at ?? null };
}

/**
 * The complete run that `--run` names, the last one up to `--at`, or the last one.
 *
 * @throws UsageError for a moment that no audit can tell of any more or yet.
 */
export function chooseMoment(store: ReadStore, { run, at }: AskedMoment, env: NodeJS.ProcessEnv): Moment {
  if (at !== null) return momentAt(store, '--at', at, env);
  if (run === null) return { run: store.runs.lastComplete(), instant: new Date(), isAsked: false };
  const asked = requireCompleteRun(store, '--run', run);
  return { run: asked, instant: new Date(asked.startedAt), isAsked: true };
}

/** The last complete run up to a day or an instant. @param name of the option or argument, for errors */
export function momentAt(store: ReadStore, name: string, at: string, env: NodeJS.ProcessEnv): Moment & { run: Run } {
  const instant = toInstant(name, at, env);
  const run = store.runs.completeAsOf(instant);
  if (run === null) {
    const first = store.runs.oldestSnapshot();
    throw new UsageError(`${name} ${at}: no audit was complete by then`, {
      hint:
        first === null ? 'Run an audit first' : `The oldest snapshot is that of run ${first.runId}, ${first.startedAt}`,
    });
  }
  return { run: requireCompleteRun(store, name, run.id), instant, isAsked: true };
}

/** `As of run 96, 2026-11-21 04:42 UTC.` for whoever looks at a table; empty where there is no run. */
export function captionOf({ run }: Moment): string {
  return run === null ? '' : `As of run ${run.id}, ${minuteOf(run.startedAt)}.`;
}

/** A moment that has come; a day is meant to its end, in AUDIT_TIMEZONE. */
function toInstant(name: string, at: string, env: NodeJS.ProcessEnv): Date {
  const { timeZone } = loadConfig(env, ['timeZone']);
  const when = parseWhen(name, at);
  if (when instanceof Date) {
    if (when.getTime() > Date.now()) throw new UsageError(`${name} ${at}: that instant has not come yet`);
    return when;
  }
  const today = dayIn(timeZone, new Date());
  if (when > today) throw new UsageError(`${name} ${at}: that day has not come yet; today is ${today}`);
  // Of today, as much as there is.
  return new Date(Math.min(endOfDay(timeZone, when).getTime() - 1, Date.now()));
}
