import { decideAudit } from '../../src/schedule/decide-audit.ts';
import type { Attempt } from '../../src/store/runs.ts';
import type { Schedule } from '../../src/time/cron-schedule.ts';
import { msPerMinute } from '../../src/time/duration.ts';

/** What the world does to a worker: audits end as told, and the machine is disturbed after so many minutes. */
export interface WorkerStory {
  /** How the audits end, in order; the list repeats. */
  outcomes: ('complete' | 'failed' | 'refused' | 'killed')[];
  disturbances: { afterMinutes: number; kind: 'restart' | 'suspend'; minutes: number }[];
}

export interface SimulatedAudit {
  trigger: string;
  startedAt: Date;
}

export interface SimulatedLife {
  audits: SimulatedAudit[];
  /** Spans in which no decision could be taken: the machine slept or the worker audited. */
  absences: { from: Date; until: Date }[];
}

export const auditMs = 2 * msPerMinute;

/** The same ticks, each worked out once. */
export function remembering(schedule: Schedule): Schedule {
  const known = new Map<number, Date>();
  return {
    next(after) {
      const found = known.get(after.getTime()) ?? schedule.next(after);
      known.set(after.getTime(), found);
      return found;
    },
  };
}

/** Lives through the story, with the decision alone and no real time. */
export function simulateWorker(schedule: Schedule, story: WorkerStory, from: Date, until: Date): SimulatedLife {
  const audits: SimulatedAudit[] = [];
  const absences: SimulatedLife['absences'] = [];
  let attempts: Attempt[] = [];
  let nowMs = from.getTime();
  let nextDisturbance = 0;
  let disturbedAtMs = nowMs + minutesUntil(0);

  function minutesUntil(index: number): number {
    return (story.disturbances[index]?.afterMinutes ?? Number.POSITIVE_INFINITY) * msPerMinute;
  }

  function beAway(ms: number): void {
    absences.push({ from: new Date(nowMs), until: new Date(nowMs + ms) });
    nowMs += ms;
  }

  while (nowMs < until.getTime()) {
    const decision = decideAudit(schedule, attempts, new Date(nowMs));
    if (decision.kind === 'audit') {
      const ending = story.outcomes[audits.length % story.outcomes.length] ?? 'complete';
      audits.push({ trigger: decision.trigger, startedAt: new Date(nowMs) });
      const attempt = asAttempt(ending, new Date(nowMs));
      attempts = attempt.outcome === 'complete' ? [attempt] : [attempt, ...attempts];
      beAway(auditMs);
      continue;
    }
    if (decision.until.getTime() <= nowMs) throw new Error('a wait into the past would turn for ever');
    if (decision.until.getTime() < disturbedAtMs) {
      nowMs = decision.until.getTime();
      continue;
    }
    const disturbance = story.disturbances[nextDisturbance];
    if (disturbance === undefined) break;
    nowMs = Math.max(nowMs, disturbedAtMs);
    if (disturbance.kind === 'suspend') beAway(disturbance.minutes * msPerMinute);
    nextDisturbance += 1;
    disturbedAtMs = nowMs + minutesUntil(nextDisturbance);
  }
  return { audits, absences };
}

function asAttempt(ending: WorkerStory['outcomes'][number], startedAt: Date): Attempt {
  return {
    startedAt,
    endedAt: startedAt,
    outcome: ending === 'killed' ? 'interrupted' : ending === 'complete' ? 'complete' : 'failed',
    credentialRefused: ending === 'refused',
  };
}
