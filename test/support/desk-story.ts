import { randomUUID } from 'node:crypto';
import type { SimulatedToken } from '../../src/demo/omni-simulator.ts';
import { inject, scimPaths } from './omni-faults.ts';
import { minutesPerDay } from './spans.ts';
import { createUnattended, type Unattended } from './unattended.ts';
import { makeToken, manyTokens } from './world-tokens.ts';

/** Sixty days of an organisation, that ended just now. */
export interface DeskStory {
  desk: Unattended;
  /** Membership ids. */
  jane: string;
  joe: string;
  /** Renamed, then Joe's in place of Jane's. */
  report: SimulatedToken;
  /** A stale grant of Jane's. */
  old: SimulatedToken;
  /** Joe's, removed. */
  leaver: SimulatedToken;
  /** The day of each audit, by its number. */
  days: ReadonlyMap<number, string>;
}

export async function tellDeskStory(): Promise<DeskStory> {
  const [jane, joe] = [randomUUID(), randomUUID()];
  const days = new Map<number, string>();
  const report = makeToken(24 * 100, { name: 'board report', type: 'personal', membershipId: jane });
  const old = makeToken(24 * 300, { name: 'old grant', type: 'mcp', membershipId: jane });
  const leaver = makeToken(24 * 90, {
    id: 'feedbeef-0000-4000-8000-000000000001',
    name: 'short job',
    type: 'personal',
    membershipId: joe,
  });
  const desk = await createUnattended({ tokens: [old, report, leaver, ...manyTokens(3)] });
  const { world } = desk;
  for (const [token, userName] of [
    [report, 'jane@acme.example'],
    [leaver, 'joe@acme.example'],
  ] as const) {
    Object.assign(world.people.ownerOf(token), { userName, displayName: userName.split('@')[0] });
  }
  desk.setBack(60);
  const audit = async (daysLater: number): Promise<void> => {
    const { audit: done } = await desk.auditAfter(daysLater * minutesPerDay);
    days.set(Number(done.runId), desk.clock.now().toISOString().slice(0, 10));
  };
  await audit(0);
  report.name = 'board report 2';
  await audit(10);
  report.membershipId = joe;
  await audit(10);
  const made = makeToken(24 * 36, {
    id: 'feedbeef-0000-4000-8000-000000000002',
    name: 'dashboard',
    type: 'personal',
    membershipId: jane,
  });
  world.tokens.push(made);
  await audit(5);
  inject(world.omni, { at: scimPaths.all, status: 403 });
  await audit(5);
  world.omni.intercept = undefined;
  world.tokens.splice(world.tokens.indexOf(leaver), 1);
  await audit(20);
  await audit(9);
  return { desk, jane, joe, report, old, leaver, days };
}
