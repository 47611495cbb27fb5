import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Variables, World } from '../../support/world.ts';

const program = fileURLToPath(new URL('../../../src/omni-token-audit.mjs', import.meta.url));

/** Ends what would go on for ever, such as sending the same mail. */
const longestRunMs = 15_000;

export interface ChildOptions {
  /** Over the world's own variables. */
  env?: Variables;
  /** No file may grow beyond so many blocks of 512 bytes: writes fail then with EFBIG, which SQLite calls an I/O error. */
  fileBlocks?: number;
  /** Run as this user and group; only root may ask for it. */
  uid?: number;
  /** Called with what the process writes on stderr, as it comes. */
  onStderr?: (text: string) => void;
}

export interface ChildOutcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** The real program in a process of its own, with less than it needs. */
export async function runChild(world: World, args: string[], options: ChildOptions = {}): Promise<ChildOutcome> {
  const { fileBlocks, uid, env = {}, onStderr = () => {} } = options;
  const command = [process.execPath, program, ...args];
  const limited =
    fileBlocks === undefined ? command : ['sh', '-c', `ulimit -f ${fileBlocks}; exec "$@"`, 'sh', ...command];
  const [file = '', ...rest] = limited;
  const child = spawn(file, rest, {
    cwd: world.folder,
    env: { ...world.env, OMNI_REQUESTS_PER_MINUTE: '6000', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: longestRunMs,
    killSignal: 'SIGKILL',
    ...(uid !== undefined && { uid, gid: uid }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onStderr(text);
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, stdout, stderr };
}

/** A documented end, told without a stack trace. */
export function assertInGoodOrder({ code, signal, stdout, stderr }: ChildOutcome, codes: readonly number[]): void {
  const all = `code ${code}, signal ${signal}\n${stdout}\n${stderr}`;
  assert.ok(code !== null && codes.includes(code), all);
  assert.doesNotMatch(all, /\n\s+at |"stack"|node_modules/);
}

/** What the process said of its failure, to people or in its log. */
export function complaint({ stdout, stderr }: ChildOutcome): string {
  const errors = stderr.split('\n').filter((line) => !line.startsWith('{') || /"level":"(error|fatal)"/.test(line));
  return `${stdout}\n${errors.join('\n')}`;
}
