import assert from 'node:assert/strict';
import type { Outcome, RunOptions, World } from '../../support/world.ts';
import { assertSound, reportedIn } from './reports.ts';
import { tally } from './tally.ts';

export interface ChildOptions extends Omit<RunOptions, 'prelude'> {
  /** No file may grow beyond this many blocks of 512 bytes. Writes then fail with EFBIG, which SQLite calls an I/O error. */
  fileBlocks?: number;
}

/** Runs the real program in its own process, which may lack something that it needs. */
export function runChild(
  world: World,
  args: string[],
  { fileBlocks, env, ...rest }: ChildOptions = {},
): Promise<Outcome> {
  return world.run(args, {
    ...rest,
    env: { OMNI_REQUESTS_PER_MINUTE: '6000', ...env },
    ...(fileBlocks !== undefined && { prelude: `ulimit -f ${fileBlocks}` }),
  });
}

/** Asserts that the process ended with one of these exit codes and printed no stack trace. */
export function assertEndedWith({ code, signal, stdout, stderr }: Outcome, ...codes: number[]): void {
  const all = `code ${code}, signal ${signal}\n${stdout}\n${stderr}`;
  assert.ok(code !== null && codes.includes(code), all);
  assert.doesNotMatch(all, /\n\s+at |"stack"|node_modules/);
}

/** Asserts that an audit now completes, and that the inbox has these findings, each once. */
export async function assertReportsNow(world: World, findings: readonly string[]): Promise<void> {
  assertEndedWith(await runChild(world, ['audit']), 0);
  tally.audits += 1;
  assert.deepEqual(await reportedIn(world.inbox.mails), findings);
  assertSound(world);
}

/** Returns what the process said about its failure, to people or in its log. */
export function complaint({ stdout, stderr }: Outcome): string {
  const errors = stderr.split('\n').filter((line) => !line.startsWith('{') || /"level":"(error|fatal)"/.test(line));
  return `${stdout}\n${errors.join('\n')}`;
}
