import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type ParsedMail, simpleParser } from 'mailparser';
import { type Inbox, type InboxMail, startInbox } from '../../src/demo/inbox.ts';
import type { OmniSimulator, SimulatedToken } from '../../src/demo/omni-simulator.ts';
import { apiToken } from './omni-api.ts';
import { People } from './people.ts';
import { administrator, startSomeOmni } from './some-omni.ts';
import { manyTokens } from './world-tokens.ts';

/** The file that `./omni-token-audit` runs. */
export const program = fileURLToPath(new URL('../../src/omni-token-audit.mjs', import.meta.url));

export type Variables = Record<string, string | undefined>;

/** The result of a finished command. */
export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** stdout as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: commands answer in many shapes
  json(): any;
  /** The log lines on stderr, without the messages for people. */
  // biome-ignore lint/suspicious/noExplicitAny: log lines have whatever fields they have
  logs(): any[];
}

export interface RunOptions {
  /** Overrides the world's variables. Undefined removes one. */
  env?: Variables;
  cwd?: string;
  /** If the command takes longer, it is killed and the test fails. Default: 30 seconds. */
  maxMs?: number;
  /** A shell command that sets limits of the process before the program starts, such as `umask 000`. */
  prelude?: string;
  /** The user and the group of the process. Only root can set it. */
  uid?: number;
}

export interface StartedCommand {
  child: ChildProcess;
  outcome: Promise<Outcome>;
}

/** Everything that an audit needs: a simulated Omni, a mail server, a folder and settings, for one test. */
export interface World extends AsyncDisposable {
  omni: OmniSimulator;
  inbox: Inbox;
  /** A new folder, removed with the world. */
  folder: string;
  databasePath: string;
  env: Variables;
  /** The current tokens of the organisation. Change them in place. */
  tokens: SimulatedToken[];
  /** The owners of the tokens. Change them in place. */
  people: People;
  run(args: string[], options?: RunOptions): Promise<Outcome>;
  /** Like `run`, for tests that act while the command runs. */
  start(args: string[], options?: RunOptions): StartedCommand;
  /** Runs `audit --format json`, which must exit with the code. */
  // biome-ignore lint/suspicious/noExplicitAny: commands answer in many shapes
  audit(code?: number, options?: RunOptions): Promise<any>;
  /** Runs a query command and returns its JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: commands answer in many shapes
  query(...args: string[]): Promise<any>;
  /** Returns the newest mail of the inbox. */
  lastMail(): Promise<ParsedMail>;
}

export async function createWorld(
  options: { tokens?: SimulatedToken[]; apiToken?: string; env?: Variables } = {},
): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'omni-token-audit-test-'));
  const credential = options.apiToken ?? apiToken;
  const tokens = options.tokens ?? manyTokens(3);
  const people = new People(tokens);
  const omni = await startSimulator(tokens, credential, people);
  const inbox = await startInbox();
  const databasePath = join(folder, 'audit.db');
  const running = new Set<ChildProcess>();
  const env: Variables = {
    PATH: process.env.PATH,
    OMNI_BASE_URL: omni.baseUrl,
    OMNI_API_TOKEN: credential,
    // The role of each owner takes a request.
    OMNI_REQUESTS_PER_MINUTE: '6000',
    ORGANIZATION_NAME: 'Acme',
    DATABASE_PATH: databasePath,
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(inbox.port),
    SMTP_SECURITY: 'none',
    MAIL_FROM: 'Omni tokens <audit@acme.example>',
    MAIL_TO: 'security@acme.example',
    ...options.env,
  };

  const world: World = {
    omni,
    inbox,
    people,
    folder,
    databasePath,
    env,
    get tokens() {
      return omni.organisation.tokens;
    },
    start(args, { env: overrides = {}, cwd = folder, ...rest } = {}) {
      const started = startCommand(args, { ...rest, cwd, env: { ...env, ...overrides } });
      running.add(started.child);
      started.child.once('close', () => running.delete(started.child));
      return started;
    },
    run: (args, runOptions) => world.start(args, runOptions).outcome,
    async audit(code = 0, runOptions = {}) {
      const outcome = await world.run(['audit', '--format', 'json'], runOptions);
      assert.equal(outcome.code, code, outcome.stderr);
      return outcome.json();
    },
    async query(...args) {
      const outcome = await world.run([...args, '--format', 'json']);
      assert.equal(outcome.code, 0, outcome.stderr);
      return outcome.json();
    },
    lastMail: () => parseMail(inbox.mails.at(-1)),
    async [Symbol.asyncDispose]() {
      for (const child of running) child.kill('SIGKILL');
      await Promise.all([omni.close(), inbox.close()]);
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  return world;
}

/** Starts another organisation with its own address. */
export function startSimulator(
  tokens: SimulatedToken[],
  credential = apiToken,
  people = new People(tokens),
): Promise<OmniSimulator> {
  const credentials = { [credential]: administrator };
  return startSomeOmni({ tokens, users: () => people.users(), credentials });
}

function startCommand(
  args: string[],
  { cwd, env, maxMs = 60_000, prelude, uid }: RunOptions & { env: Variables },
): StartedCommand {
  const words = [process.execPath, program, ...args];
  const [file = '', ...rest] = prelude === undefined ? words : ['sh', '-c', `${prelude}; exec "$@"`, 'sh', ...words];
  const child = spawn(file, rest, { cwd, env, uid, gid: uid, stdio: ['ignore', 'pipe', 'pipe'] });
  let isLate = false;
  const guard = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, maxMs);
  const closed = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve([code, signal]));
  });
  const finish = async (): Promise<Outcome> => {
    try {
      const [stdout, stderr, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
      assert.ok(!isLate, `${args.join(' ')} did not end within ${maxMs} ms:\n${stderr}`);
      return { code, signal, stdout, stderr, json: () => JSON.parse(stdout), logs: () => parseLogs(stderr) };
    } finally {
      clearTimeout(guard);
    }
  };
  return { child, outcome: finish() };
}

function parseLogs(stderr: string): unknown[] {
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line));
}

export async function parseMail(mail: Pick<InboxMail, 'raw'> | undefined): Promise<ParsedMail> {
  assert.ok(mail, 'no mail has arrived');
  return await simpleParser(mail.raw);
}

/** Delays the next request to Omni until `release` is called. */
export function holdNextRequest(omni: OmniSimulator): { reached: Promise<void>; release(): void } {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  omni.intercept = async () => {
    omni.intercept = undefined;
    reached.resolve();
    await released.promise;
    return false;
  };
  return { reached: reached.promise, release: () => released.resolve() };
}
