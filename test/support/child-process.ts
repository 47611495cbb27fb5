import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Starts a script of test/support in a process of its own, which does not outlive the test. */
export function startScript(context: TestContext, script: string, args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  context.after(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** Resolves when the script has printed its first words. */
export async function firstOutput(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the script has no stdout');
  const [chunk] = await once(child.stdout, 'data');
  return String(chunk);
}

/** All that the script prints until its end. */
export async function allOutput(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the script has no stdout');
  return await text(child.stdout);
}
