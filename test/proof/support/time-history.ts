import { randomUUID } from 'node:crypto';
import { msPerDay } from '../../../src/time/duration.ts';
import { msPerHour } from '../../support/spans.ts';
import { createUnattended, type Unattended } from '../../support/unattended.ts';
import { makeToken } from '../../support/world-tokens.ts';
import { tally } from './tally.ts';
import type { ClockMove } from './time-moves.ts';

/** Tokens of many ages, and two that were made in the time to come, by the clock of a machine that is behind. */
export async function createAging(env: Record<string, string> = {}): Promise<Unattended> {
  const ages = [-40, 0, 60, 89, 179, 364];
  const tokens = ages.flatMap((days, index) => [
    makeToken(days * 24, { name: `key ${index}` }),
    makeToken(days * 24, { name: `personal ${index}`, type: 'personal', membershipId: randomUUID() }),
    makeToken(days * 24, { name: `disabled ${index}`, enabled: false }),
  ]);
  const unattended = await createUnattended({ tokens, env });
  const { tokens: listed, people } = unattended.world;
  for (const [index, token] of listed.filter(({ membershipId }) => membershipId !== null).entries()) {
    people.ownerOf(token).lastLogin = new Date(Date.now() - (index - 2) * 30 * msPerDay).toISOString();
  }
  return unattended;
}

export function moveClock({ clock, setBack }: Unattended, { kind, days }: ClockMove): void {
  tally.faults += 1;
  // Spans are not measured while the machine sleeps, nor when its clock is set.
  if (kind === 'time passes') clock.advance(days * msPerDay);
  else setBack(kind === 'set back' ? days : -days);
}

/** Audits, which must be complete. */
export async function auditFully(unattended: Unattended): Promise<void> {
  const { audit } = await unattended.audit();
  if (audit.status === 'failed') throw audit.error;
  tally.audits += 1;
}

const maxHours = 15;

/** The unattended worker, on a clock that runs, until `isDone`; answers after how many hours that was. */
export async function deliverUnattended({ app, clock }: Unattended, isDone: () => boolean): Promise<number> {
  const stop = new AbortController();
  const startMs = clock.monotonicMs();
  const hours = (): number => (clock.monotonicMs() - startMs) / msPerHour;
  const { sleep } = clock;
  let doneAfter = Number.POSITIVE_INFINITY;
  clock.sleep = async (ms, signal) => {
    if (isDone()) doneAfter = Math.min(doneAfter, hours());
    if (doneAfter < maxHours || hours() > maxHours) stop.abort(new Error('seen enough'));
    return await sleep(ms, signal);
  };
  await app.start(stop.signal);
  return doneAfter;
}
