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

// It is read once in a process, and the folder of one world does not outlive its test.
process.env.SQLITE_TMPDIR ??= tmpdir();

/** The whole program in this process, on a clock of its own, so that days can pass. */
export interface Unattended extends AsyncDisposable {
  world: World;
  app: App;
  clock: Clock & { advance(ms: number): void };
  log: LogLine[];
  audit(): Promise<AuditResult>;
  /** Sets the wall clock back; spans are measured on as before. */
  setBack(days: number): void;
  /** Audits after so many minutes. */
  auditAfter(minutes: number): Promise<AuditResult>;
  subjects(): Promise<string[]>;
}

export async function createUnattended(options: Parameters<typeof createWorld>[0] = {}): Promise<Unattended> {
  const world = await createWorld({ ...options, env: { OMNI_REQUESTS_PER_MINUTE: '6000', ...options.env } });
  const steady = createFakeClock(new Date());
  let behindMs = 0;
  const clock = { ...steady, now: () => new Date(steady.now().getTime() - behindMs) };
  const { destination, lines } = recordLog();
  const app = createApp({
    env: world.env,
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

/** A world whose baseline is done, in this process and so in no time, with its inbox and request log empty again. */
export async function createWatchedWorld(options: Parameters<typeof createWorld>[0] = {}): Promise<World> {
  const { world, audit } = await createUnattended(options);
  await audit();
  world.inbox.mails.length = 0;
  world.omni.requests.length = 0;
  return world;
}

/** Omni fails at once, in a way that is not worth repeating. */
export function failOmni({ omni }: World): void {
  inject(omni, { status: 404 });
}

/** Omni refuses the credential. */
export function refuseCredential({ omni }: World): void {
  inject(omni, { status: 401 });
}

export function repairOmni({ omni }: World): void {
  omni.intercept = undefined;
}
