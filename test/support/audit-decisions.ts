import { decideAudit, type ScheduleDecision } from '../../src/schedule/decide-audit.ts';
import type { Attempt } from '../../src/store/runs.ts';
import type { Schedule } from '../../src/time/cron-schedule.ts';
import { createCronSchedule } from '../../src/time/cron-schedule.ts';

export const daily = createCronSchedule('0 7 * * *', 'UTC');

/** It ended at once, unless told. */
function attempt(outcome: Attempt['outcome'], startedAt: string, endedAt = startedAt): Attempt {
  return { startedAt: new Date(startedAt), endedAt: new Date(endedAt), outcome, credentialRefused: false };
}

export function complete(startedAt: string): Attempt {
  return attempt('complete', startedAt);
}

export function failed(startedAt: string, endedAt?: string): Attempt {
  return attempt('failed', startedAt, endedAt);
}

export function refused(startedAt: string): Attempt {
  return { ...failed(startedAt), credentialRefused: true };
}

export function interrupted(startedAt: string): Attempt {
  return attempt('interrupted', startedAt);
}

/** `catch-up`, or the time that is waited for. */
function inShort(decision: ScheduleDecision): string {
  return decision.kind === 'audit' ? decision.trigger : decision.until.toISOString();
}

/** Attempts are given newest first. */
export function decide(attempts: Attempt[], now: string, schedule: Schedule = daily): string {
  return inShort(decideAudit(schedule, attempts, new Date(now)));
}
