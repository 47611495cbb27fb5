import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { msPerMinute } from '../../../src/time/duration.ts';
import { type FaultySmtpServer, startFaultySmtpServer } from '../../support/smtp-faults.ts';
import { createWorld, type Outcome, type World } from '../../support/world.ts';
import {
  arm,
  createDeathPlaces,
  type Death,
  type DeathPlaces,
  type DeathWish,
  deathWish,
  placeOf,
} from './crash-death.ts';
import { judgeRound, readers, takeExecutions } from './crash-ledger.ts';
import { baselineNews, change, crashTokens, makeChanges } from './crash-organisation.ts';
import type { DoomedOptions } from './doomed-process.ts';

export interface CrashTally {
  kills: number;
  places: Set<string>;
  /** Places that could be chosen. */
  knownPlaces: number;
  rounds: number;
  audits: number;
  mails: number;
  repeatedMails: number;
  losses: string[];
  inventions: string[];
  faults: string[];
}

interface Lane extends AsyncDisposable {
  world: World;
  server: FaultySmtpServer;
  /** How far the clock of the processes is ahead. */
  clockAheadMs: number;
}

const round = fc.record({
  changes: fc.array(change, { minLength: 1, maxLength: 4 }),
  deaths: fc.array(deathWish, { minLength: 1, maxLength: 5 }),
});
const commands = { audit: ['audit', '--format', 'json'], start: ['start'], retry: ['mail', '--retry'] };
const doomedProcess = fileURLToPath(new URL('./doomed-process.ts', import.meta.url));
/** Longer than a delivery stays claimed by a process that died. */
const msBetweenProcesses = 4 * msPerMinute;
/** `start` does not end by itself: where its place of death is never reached, it dies here. */
const maxStartMs = 4000;

/**
 * Kills the real program `kills` times, in rounds: the organisation changes, processes are killed,
 * and one that is left alive ends the round. Then everything must be as if nobody had died.
 */
export async function proveCrashes(kills: number, laneCount: number, seed: number): Promise<CrashTally> {
  const tally: CrashTally = {
    kills: 0,
    places: new Set(),
    knownPlaces: 0,
    rounds: 0,
    audits: 0,
    mails: 0,
    repeatedMails: 0,
    losses: [],
    inventions: [],
    faults: [],
  };
  const executions = await learnStatements();
  const lanes = Array.from({ length: laneCount }, async (_, index) => {
    // Each round kills at least once in most cases; more rounds than this would be a defect of the harness.
    const rounds = fc.sample(round, { seed: seed + index, numRuns: 4 * kills });
    // Its own places and its own share of the kills: what one lane draws must not hang on the other.
    const places = createDeathPlaces();
    places.learn(executions);
    await using lane = await openLane();
    let killsLeft = Math.ceil(kills / laneCount);
    for (const [number, each] of rounds.entries()) {
      if (killsLeft <= 0) break;
      const { world } = lane;
      const news = number === 0 ? baselineNews(world) : makeChanges(world, each.changes, lane.clockAheadMs);
      killsLeft -= await proveRound(lane, news, each.deaths, places, tally);
    }
    tally.knownPlaces = Math.max(tally.knownPlaces, places.knownCount());
  });
  await Promise.all(lanes);
  return tally;
}

async function proveRound(
  lane: Lane,
  news: readonly string[],
  wishes: readonly DeathWish[],
  places: DeathPlaces,
  tally: CrashTally,
): Promise<number> {
  lane.server.received.length = 0;
  let deaths = 0;
  for (const wish of wishes) {
    const death = places.choose(wish);
    const { signal } = await runOnce(lane, wish.command, death);
    // Whoever was not killed may have gone ways that nobody has gone before, such as after a death.
    places.learn(takeExecutions(statementsFile(lane.world)));
    if (signal !== 'SIGKILL') continue;
    deaths += 1;
    tally.places.add(placeOf(death));
  }
  const survivor = await runOnce(lane, 'audit', null);
  places.learn(takeExecutions(statementsFile(lane.world)));
  const verdict = await judgeRound({ news, mails: lane.server.received, deaths }, lane.world);
  const where = `round ${tally.rounds + 1}`;
  if (survivor.code !== 0) verdict.faults.push(`the survivor ended with ${survivor.code}: ${survivor.stderr}`);
  tally.kills += deaths;
  tally.rounds += 1;
  tally.audits += wishes.length + 1;
  tally.mails += verdict.mailCount;
  tally.repeatedMails += verdict.repeatedCount;
  for (const list of ['losses', 'inventions', 'faults'] as const) {
    tally[list].push(...verdict[list].map((each) => `${where}: ${each}`));
  }
  return deaths;
}

/** Runs a command to its end, or to its death, some minutes after the one before. */
async function runOnce(lane: Lane, command: DeathWish['command'], death: Death | null): Promise<Outcome> {
  lane.clockAheadMs += msBetweenProcesses;
  const { world, server, clockAheadMs } = lane;
  const doomed: DoomedOptions = {
    clockAheadMs,
    statementsFile: statementsFile(world),
    death: death?.at === 'statement' ? death : null,
  };
  const { child, outcome } = world.start(commands[command], { env: { DOOMED_PROCESS: JSON.stringify(doomed) } });
  const kill = (): void => void child.kill('SIGKILL');
  using _armed = arm(death, world, server, kill);
  const guard = command === 'start' ? setTimeout(kill, maxStartMs) : undefined;
  try {
    return await outcome;
  } finally {
    clearTimeout(guard);
  }
}

async function openLane(): Promise<Lane> {
  const server = await startFaultySmtpServer();
  const world = await createWorld({
    tokens: crashTokens(),
    env: {
      NODE_OPTIONS: `--import ${doomedProcess}`,
      OMNI_REQUESTS_PER_MINUTE: '6000',
      AUDIT_CRON: '* * * * *',
      REMINDER_DAYS: '0',
      INVENTORY_DAYS: '0',
      SMTP_PORT: String(server.port),
      MAIL_TO: readers.join(', '),
    },
  });
  // Read when SQLite is loaded, which happens earlier here than in the program alone.
  world.env.SQLITE_TMPDIR = world.folder;
  return {
    world,
    server,
    clockAheadMs: 0,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A life without any death: a baseline, a day with every kind of change, and a quiet one. */
async function learnStatements(): Promise<[string, number][]> {
  await using lane = await openLane();
  const everyKind = (['create', 'create-old', 'remove', 'switch', 'rename', 'owner'] as const).map((kind) => {
    return { kind, pick: 0.5 };
  });
  const executions: [string, number][] = [];
  for (const changes of [[], everyKind, []]) {
    makeChanges(lane.world, changes, lane.clockAheadMs);
    await runOnce(lane, 'audit', null);
    executions.push(...takeExecutions(statementsFile(lane.world)));
  }
  return executions;
}

function statementsFile({ folder }: World): string {
  return join(folder, 'statements.json');
}
