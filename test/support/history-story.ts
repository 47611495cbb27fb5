import { randomUUID } from 'node:crypto';
import type { SimulatedToken } from '../../src/demo/omni-simulator.ts';
import { msPerDay } from '../../src/time/duration.ts';
import { inject, scimPaths } from './omni-faults.ts';
import { hoursPerDay, minutesPerDay } from './spans.ts';
import { createUnattended, failOmni, repairOmni, type Unattended } from './unattended.ts';
import { makeToken, manyTokens } from './world-tokens.ts';

/** Two months in the life of an organisation, up to now: seven complete runs, and an eighth that failed. */
export interface HistoryStory {
  unattended: Unattended;
  /** Membership ids. */
  jane: string;
  joe: string;
  /** Renamed in run 2. In run 3 its owner changes from Jane to Joe. */
  report: SimulatedToken;
  /** Jane's MCP grant, stale from the start. */
  grant: SimulatedToken;
  /** Joe's token, removed in run 6. */
  removed: SimulatedToken;
  /** Returns the day of a run as YYYY-MM-DD, or a later day. */
  day(run: number, daysLater?: number): string;
}

export async function createHistoryStory(): Promise<HistoryStory> {
  const [jane, joe] = [randomUUID(), randomUUID()];
  const report = makeToken(100 * hoursPerDay, {
    name: 'board report',
    type: 'personal',
    membershipId: jane,
    scopes: ['all'],
  });
  const grant = makeToken(300 * hoursPerDay, { name: 'old grant', type: 'mcp', membershipId: jane });
  const removed = makeToken(90 * hoursPerDay, {
    id: 'feedbeef-0000-4000-8000-000000000001',
    name: 'short job',
    type: 'personal',
    membershipId: joe,
  });
  const created = makeToken(36 * hoursPerDay, {
    id: 'feedbeef-0000-4000-8000-000000000002',
    name: 'dashboard',
    type: 'personal',
    membershipId: jane,
  });
  const unattended = await createUnattended({ tokens: [grant, report, removed, ...manyTokens(3)] });
  const { world, clock } = unattended;
  for (const [token, name] of [
    [report, 'jane'],
    [removed, 'joe'],
  ] as const) {
    Object.assign(world.people.ownerOf(token), { userName: `${name}@acme.example`, displayName: name });
  }

  const instants: Date[] = [];
  const auditAfter = async (days: number): Promise<void> => {
    await unattended.auditAfter(days * minutesPerDay);
    instants.push(clock.now());
  };
  unattended.setBack(59);
  await auditAfter(0);
  report.name = 'board report 2';
  await auditAfter(10);
  report.membershipId = joe;
  await auditAfter(10);
  world.tokens.push(created);
  await auditAfter(5);
  inject(world.omni, { at: scimPaths.all, status: 403 });
  await auditAfter(5);
  repairOmni(world);
  world.tokens.splice(world.tokens.indexOf(removed), 1);
  await auditAfter(20);
  await auditAfter(9);
  failOmni(world);
  await auditAfter(0);
  repairOmni(world);

  return {
    unattended,
    jane,
    joe,
    report,
    grant,
    removed,
    day: (run, daysLater = 0) => {
      const ms = instants[run - 1]?.getTime() ?? Number.NaN;
      return new Date(ms + daysLater * msPerDay).toISOString().slice(0, 10);
    },
  };
}
