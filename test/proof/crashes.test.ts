import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { msPerMinute } from '../../src/time/duration.ts';
import { readColumn } from '../support/database-rows.ts';
import { type FaultySmtpServer, startFaultySmtpServer } from '../support/smtp-faults.ts';
import { createWorld, type Outcome, parseMail, type World } from '../support/world.ts';
import { baselineFindings, change, crashTokens, everyKind, makeChanges } from './support/crash-organisation.ts';
import { createDeathPlaces, type Death, type DeathPlaces, type DeathWish, deathWish } from './support/crash-places.ts';
import type { DoomedOptions } from './support/doomed-process.ts';
import { currentIn, damageIn, findingsOf, listed } from './support/reports.ts';
import { isFull, seed, tally } from './support/tally.ts';

const kills = isFull ? Number(process.env.PROOF_KILLS ?? 1000) : 10;
const laneCount = 2;
const doomedProcess = import.meta.resolve('./support/doomed-process.ts');
/** Longer than the lease of a delivery that a killed process had claimed. */
const msBetweenProcesses = 4 * msPerMinute;
/** `start` does not end by itself. If it never reaches the place where it is to be killed, it is killed after this time. */
const maxStartMs = 4000;
const commands = { audit: ['audit', '--format', 'json'], start: ['start'], retry: ['mail', '--retry'] };
/** Each of them gets every mail. */
const recipients = ['security@acme.example', 'operations@acme.example'];
const round = fc.record({
  changes: fc.array(change, { minLength: 1, maxLength: 4 }),
  wishes: fc.array(deathWish, { minLength: 1, maxLength: 5 }),
});

interface Lane extends AsyncDisposable {
  world: World;
  server: FaultySmtpServer;
  statementsFile: string;
  /** How far the clock of the processes is ahead of the real one. */
  clockAheadMs: number;
}

/** Everything that was wrong after a round. */
interface Wrongs {
  losses: string[];
  inventions: string[];
  /** Anything else, such as a damaged database, mail that still waits, or a mail that was repeated with other bytes. */
  faults: string[];
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
      MAIL_TO: recipients.join(', '),
    },
  });
  // SQLite reads the variable when it is loaded, and `doomed-process.ts` loads it before the program could set it.
  world.env.SQLITE_TMPDIR = world.folder;
  return {
    world,
    server,
    statementsFile: join(world.folder, 'statements.json'),
    clockAheadMs: 0,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Runs a command until it ends or is killed, some minutes after the previous one. */
async function runOnce(lane: Lane, command: DeathWish['command'], death: Death | null): Promise<Outcome> {
  lane.clockAheadMs += msBetweenProcesses;
  const { world, server, clockAheadMs, statementsFile } = lane;
  world.omni.now = () => Date.now() + clockAheadMs;
  const doomed: DoomedOptions = { clockAheadMs, statementsFile, death: death?.statement ?? null };
  const { child, outcome } = world.start(commands[command], { env: { DOOMED_PROCESS: JSON.stringify(doomed) } });
  const kill = (): void => void child.kill('SIGKILL');
  death?.arm?.(world, server, kill);
  const guard = command === 'start' ? setTimeout(kill, maxStartMs) : undefined;
  try {
    return await outcome;
  } finally {
    clearTimeout(guard);
    world.omni.intercept = undefined;
    server.faults = {};
  }
}

/** Returns the statements of the last process and how often it executed each; none if it was killed. */
function takeExecutions({ statementsFile }: Lane): [sql: string, count: number][] {
  if (!existsSync(statementsFile)) return [];
  const executions = JSON.parse(readFileSync(statementsFile, 'utf8'));
  rmSync(statementsFile);
  return executions;
}

/** Runs audits without killing them: a baseline, one with changes of every kind, and one without changes. */
async function learnStatements(): Promise<[sql: string, count: number][]> {
  await using lane = await openLane();
  const executions: [string, number][] = [];
  for (const kinds of [[], everyKind, []]) {
    const changes = kinds.map((kind) => ({ kind, pick: 0.5 }));
    makeChanges(lane.world, changes, lane.clockAheadMs);
    await runOnce(lane, 'audit', null);
    executions.push(...takeExecutions(lane));
  }
  return executions;
}

/** Kills processes, then lets one audit survive. The result must be as if none had been killed. Returns the number of kills. */
async function proveRound(
  lane: Lane,
  expected: readonly string[],
  wishes: readonly DeathWish[],
  places: DeathPlaces,
  wrongs: Wrongs,
): Promise<number> {
  lane.server.received.length = 0;
  let deaths = 0;
  for (const wish of wishes) {
    const death = places.choose(wish);
    const { signal } = await runOnce(lane, wish.command, death);
    // A process that survived may have executed statements that no process has executed before.
    places.learn(takeExecutions(lane));
    if (signal !== 'SIGKILL') continue;
    deaths += 1;
    tally.killPlaces.add(death.place);
  }
  const survivor = await runOnce(lane, 'audit', null);
  places.learn(takeExecutions(lane));
  if (survivor.code !== 0) wrongs.faults.push(`the survivor ended with ${survivor.code}: ${survivor.stderr}`);
  wrongs.faults.push(...faultsIn(lane.world));
  await judgeMails(lane, expected, deaths, wrongs);
  tally.kills += deaths;
  tally.audits += wishes.length + 1;
  return deaths;
}

/** Compares the mails with what changed in the organisation. */
async function judgeMails(
  { server }: Lane,
  expected: readonly string[],
  deaths: number,
  wrongs: Wrongs,
): Promise<void> {
  const { losses, inventions, faults } = wrongs;
  const missing = [...expected];
  for (const [messageId, copies] of Map.groupBy(server.received, (mail) => mail.messageId)) {
    if (new Set(copies.map(({ raw }) => raw)).size > 1) faults.push(`${messageId} was repeated with other bytes`);
    for (const recipient of recipients) {
      const repeats = copies.filter(({ to }) => to.includes(recipient)).length - 1;
      if (repeats < 0) losses.push(`${messageId} never reached ${recipient}`);
      if (repeats > deaths) faults.push(`${messageId} went to ${recipient} ${repeats + 1} times`);
      tally.repeatedMails += Math.max(0, repeats);
    }
    for (const finding of findingsOf(await parseMail(copies[0]))) {
      // A condition that opens again is reported as reopened.
      const at = missing.indexOf(finding.replace(' reopened ', ' opened '));
      if (at === -1) inventions.push(finding);
      else missing.splice(at, 1);
    }
    tally.mails += 1;
  }
  losses.push(...missing);
}

function faultsIn(world: World): string[] {
  const texts = (sql: string): unknown[] => readColumn(world.databasePath, sql);
  const isCurrent = JSON.stringify(currentIn(world.databasePath)) === JSON.stringify(listed(world));
  return [
    ...damageIn(world.databasePath),
    ...texts("SELECT 'mail waits: ' || last_error FROM deliveries WHERE status <> 'sent'"),
    ...texts("SELECT 'run ' || id || ' never ended' FROM runs WHERE status = 'running'"),
    ...texts("SELECT 'a run failed: ' || error FROM runs WHERE status = 'failed'"),
    ...(isCurrent ? [] : ['the snapshot is not what Omni lists']),
  ].map(String);
}

test('wherever processes are killed, every change is mailed once, nothing else is mailed, and the database is sound', async () => {
  const wrongs: Wrongs = { losses: [], inventions: [], faults: [] };
  const executions = await learnStatements();
  const lanes = Array.from({ length: laneCount }, async (_, index) => {
    // Most rounds kill at least once.
    const rounds = fc.sample(round, { seed: seed + index, numRuns: 4 * kills });
    // Each lane has its own places and its own share of the kills, so that the lanes do not depend on each other.
    const places = createDeathPlaces();
    places.learn(executions);
    await using lane = await openLane();
    let killsLeft = Math.ceil(kills / laneCount);
    for (const [number, { changes, wishes }] of rounds.entries()) {
      if (killsLeft <= 0) break;
      const { world, clockAheadMs } = lane;
      const expected = number === 0 ? baselineFindings(world) : makeChanges(world, changes, clockAheadMs);
      killsLeft -= await proveRound(lane, expected, wishes, places, wrongs);
    }
    tally.knownPlaces = Math.max(tally.knownPlaces, places.knownCount());
  });
  await Promise.all(lanes);
  tally.losses += wrongs.losses.length;
  tally.inventions += wrongs.inventions.length;
  assert.deepEqual(wrongs, { losses: [], inventions: [], faults: [] }, `PROOF_SEED=${seed}`);
  assert.ok(tally.kills >= kills, `only ${tally.kills} kills`);
  assert.ok(tally.mails > 0);
});
