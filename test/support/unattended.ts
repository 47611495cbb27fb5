import { tmpdir } from 'node:os';
import type { AuditResult } from '../../src/audit/audit-job.ts';
import type { Clock } from '../../src/clock.ts';
import { msPerDay, msPerMinute } from '../../src/time/duration.ts';
import { type App, createApp } from '../../src/wiring.ts';
import { createFakeClock } from './fake-clock.ts';
import { type LogLine, recordLog } from './log-lines.ts';
import { noAbort } from './no-abort.ts';
import { inject } from './omni-faults.ts';
import { createWorld, parseMail, type World } from './world.ts';

// SQLite reads the variable once per process, so it must name a folder that outlives the worlds.
process.env.SQLITE_TMPDIR ??= tmpdir();

/** The whole program in this process, with its own clock, so that a test can let days pass. */
export interface Unattended extends AsyncDisposable {
  world: World;
  app: App;
  clock: Clock & { advance(ms: number): void };
  log: LogLine[];
  audit(): Promise<AuditResult>;
  /** Sets the wall clock back. Durations are still measured correctly. */
  setBack(days: number): void;
  /** Lets the minutes pass, then audits. */
  auditAfter(minutes: number): Promise<AuditResult>;
  subjects(): Promise<string[]>;
}

export async function createUnattended(options: Parameters<typeof createWorld>[0] = {}): Promise<Unattended> {
  const world = await createWorld({ ...options, env: { OMNI_REQUESTS_PER_MINUTE: '6000', ...options.env } });
  const steady = createFakeClock(new Date());
  let behindMs = 0;
  const clock = { ...steady, now: () => new Date(steady.now().getTime() - behindMs) };
  const { destination, lines } = recordLog();
  world.omni.now = () => clock.now().getTime();
  const app = createApp({
    environment: () => world.env,
    clock,
    logDestination: destination,
  });
  const audit = () => app.audit({ trigger: 'schedule', dryRun: false, acceptRemovals: false, patienceMs: 0 }, noAbort);
  return {
    world,
    app,
    clock,
    log: lines,
    audit,
    setBack(days) {
      behindMs += days * msPerDay;
    },
    async auditAfter(minutes) {
      clock.advance(minutes * msPerMinute);
      return await audit();
    },
    async subjects() {
      const mails = await Promise.all(world.inbox.mails.map(parseMail));
      return mails.map(({ subject }) => subject ?? '');
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** Creates a world and runs its baseline, in this process to save time. Inbox and request log are empty again. */
export async function createWatchedWorld(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const { world, audit } = await createUnattended(options);
  await audit();
  world.omni.now = Date.now;
  world.inbox.mails.length = 0;
  world.omni.requests.length = 0;
  return world;
}

/** Makes Omni answer 404 to everything, which is not retried. */
export function failOmni({ omni }: World): void {
  inject(omni, { status: 404 });
}

/** Makes Omni refuse the credential. */
export function refuseCredential({ omni }: World): void {
  inject(omni, { status: 401 });
}

export function repairOmni({ omni }: World): void {
  omni.intercept = undefined;
}
