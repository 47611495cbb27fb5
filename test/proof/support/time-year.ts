import fc from 'fast-check';
import { createCronSchedule } from '../../../src/time/cron-schedule.ts';
import { msPerMinute } from '../../../src/time/duration.ts';
import { auditMs, simulateWorker, type WorkerStory, withCache } from '../../support/worker-simulation.ts';
import { tally } from './tally.ts';
import { type CalendarCase, ticksBetween } from './time-calendar.ts';

/** Restarts, and sleeps from minutes to a month, spread over two years. */
export const twoYears: fc.Arbitrary<WorkerStory> = fc.record({
  outcomes: fc.constant<WorkerStory['outcomes']>(['complete']),
  disturbances: fc.array(
    fc.record({
      afterMinutes: fc.integer({ min: 0, max: 60 * 1440 }),
      kind: fc.constantFrom('restart' as const, 'suspend' as const),
      minutes: fc.oneof(fc.integer({ min: 3, max: 120 }), fc.integer({ min: 3, max: 31 * 1440 })),
    }),
    { maxLength: 30 },
  ),
});

/** A leap year and the one after it, begun in the middle of a day. */
const from = new Date('2027-12-30T12:00:00.000Z');
const until = new Date('2030-01-02T12:00:00.000Z');

/** Lives two years of one expression again and again. */
export function createYears(each: CalendarCase): (story: WorkerStory) => string[] {
  const schedule = withCache(createCronSchedule(each.expression, each.zone));
  const ticks = ticksBetween(each, from, until);
  return (story) => {
    tally.faults += story.disturbances.length;
    const { audits, absences } = simulateWorker(schedule, story, from, until);
    return wrongAudits(ticks, audits, absences);
  };
}

/** Ticks without an audit of their own, and audits without a tick; those of a common absence share one. */
function wrongAudits(
  ticks: readonly Date[],
  audits: readonly { trigger: string; startedAt: Date }[],
  absences: readonly { from: Date; until: Date }[],
): string[] {
  const isSleep = (span: { from: Date; until: Date }): boolean => span.until.getTime() - span.from.getTime() > auditMs;
  const expected = new Map<number, string>();
  let nextAbsence = 0;
  for (const tick of ticks) {
    let atMs = tick.getTime();
    // Absences come in order, and one may end in the next.
    while (nextAbsence < absences.length && (absences[nextAbsence]?.until.getTime() ?? 0) <= atMs) nextAbsence += 1;
    for (let index = nextAbsence; index < absences.length; index += 1) {
      const absence = absences[index];
      if (absence === undefined || absence.from.getTime() > atMs) break;
      if (absence.until.getTime() > atMs && (isSleep(absence) || absence.from.getTime() < atMs)) {
        atMs = absence.until.getTime();
      }
    }
    if (atMs >= until.getTime()) break;
    const trigger = atMs - tick.getTime() <= msPerMinute ? 'schedule' : 'catch-up';
    if (!expected.has(atMs)) expected.set(atMs, trigger);
  }
  const told = new Map(audits.slice(1).map(({ trigger, startedAt }) => [startedAt.getTime(), trigger]));
  const missing = [...expected].filter(([at]) => !told.has(at)).map(([at]) => `none at ${new Date(at).toISOString()}`);
  const extra = [...told].filter(([at]) => !expected.has(at)).map(([at]) => `one at ${new Date(at).toISOString()}`);
  const doubled = audits.length - 1 === told.size ? [] : [`${audits.length - 1 - told.size} at the same instant`];
  return [...missing, ...extra, ...doubled];
}
