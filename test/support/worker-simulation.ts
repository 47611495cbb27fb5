import { decideAudit } from '../../src/schedule/decide-audit.ts';
import type { RecentRun } from '../../src/store/runs.ts';
import type { Schedule } from '../../src/time/cron-schedule.ts';
import { msPerMinute } from '../../src/time/duration.ts';

/** What happens to a worker: how its audits end, and when its machine restarts or is suspended. */
export interface WorkerStory {
  /** How the audits end, in order. The list repeats. */
  outcomes: ('complete' | 'failed' | 'refused' | 'killed')[];
  /** Each `afterMinutes` counts from the previous disturbance. */
  disturbances: { afterMinutes: number; kind: 'restart' | 'suspend'; minutes: number }[];
}

export interface SimulatedAudit {
  trigger: string;
  startedAt: Date;
}

export interface SimulatedLife {
  audits: SimulatedAudit[];
  /** The times when the worker could not decide, because the machine was suspended or an audit was running. */
  absences: { from: Date; until: Date }[];
}

export const auditMs = 2 * msPerMinute;

/** Returns a schedule with the same ticks that computes each tick only once. */
export function withCache(schedule: Schedule): Schedule {
  const known = new Map<number, Date>();
  return {
    next(after) {
      const found = known.get(after.getTime()) ?? schedule.next(after);
      known.set(after.getTime(), found);
      return found;
    },
  };
}

/** Simulates a worker. It takes no real time; only the decision when to audit is real. */
export function simulateWorker(schedule: Schedule, story: WorkerStory, from: Date, until: Date): SimulatedLife {
  const audits: SimulatedAudit[] = [];
  const absences: SimulatedLife['absences'] = [];
  let runs: RecentRun[] = [];
  let nowMs = from.getTime();
  let nextDisturbance = 0;
  let disturbedAtMs = nowMs + minutesUntil(0);

  function minutesUntil(index: number): number {
    return (story.disturbances[index]?.afterMinutes ?? Number.POSITIVE_INFINITY) * msPerMinute;
  }

  function skip(ms: number): void {
    absences.push({ from: new Date(nowMs), until: new Date(nowMs + ms) });
    nowMs += ms;
  }

  while (nowMs < until.getTime()) {
    const decision = decideAudit(schedule, runs, new Date(nowMs));
    if (decision.kind === 'audit') {
      const ending = story.outcomes[audits.length % story.outcomes.length] ?? 'complete';
      audits.push({ trigger: decision.trigger, startedAt: new Date(nowMs) });
      const run = toRun(ending, new Date(nowMs));
      runs = run.outcome === 'complete' ? [run] : [run, ...runs];
      skip(auditMs);
      continue;
    }
    if (decision.until.getTime() <= nowMs) throw new Error('the worker would wait for a time in the past');
    if (decision.until.getTime() < disturbedAtMs) {
      nowMs = decision.until.getTime();
      continue;
    }
    const disturbance = story.disturbances[nextDisturbance];
    if (disturbance === undefined) break;
    nowMs = Math.max(nowMs, disturbedAtMs);
    if (disturbance.kind === 'suspend') skip(disturbance.minutes * msPerMinute);
    nextDisturbance += 1;
    disturbedAtMs = nowMs + minutesUntil(nextDisturbance);
  }
  return { audits, absences };
}

function toRun(ending: WorkerStory['outcomes'][number], startedAt: Date): RecentRun {
  return {
    startedAt,
    endedAt: startedAt,
    outcome: ending === 'killed' ? 'interrupted' : ending === 'complete' ? 'complete' : 'failed',
    credentialRefused: ending === 'refused',
    clockWrong: false,
  };
}
