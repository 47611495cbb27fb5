import assert from 'node:assert/strict';
import type { Outcome, Variables, World } from '../../support/world.ts';

/** Ends what would go on for ever, such as sending the same mail. */
const maxMs = 15_000;

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

/** The real program in a process of its own, with less than it needs. */
export async function runChild(world: World, args: string[], options: ChildOptions = {}): Promise<Outcome> {
  const { fileBlocks, env, onStderr, ...rest } = options;
  const { child, outcome } = world.start(args, {
    ...rest,
    env: { OMNI_REQUESTS_PER_MINUTE: '6000', ...env },
    maxMs,
    ...(fileBlocks !== undefined && { prelude: `ulimit -f ${fileBlocks}` }),
  });
  if (onStderr !== undefined) child.stderr?.on('data', (bytes) => onStderr(String(bytes)));
  return await outcome;
}

/** A documented end, told without a stack trace. */
export function assertInGoodOrder({ code, signal, stdout, stderr }: Outcome, codes: readonly number[]): void {
  const all = `code ${code}, signal ${signal}\n${stdout}\n${stderr}`;
  assert.ok(code !== null && codes.includes(code), all);
  assert.doesNotMatch(all, /\n\s+at |"stack"|node_modules/);
}

/** What the process said of its failure, to people or in its log. */
export function complaint({ stdout, stderr }: Outcome): string {
  const errors = stderr.split('\n').filter((line) => !line.startsWith('{') || /"level":"(error|fatal)"/.test(line));
  return `${stdout}\n${errors.join('\n')}`;
}
