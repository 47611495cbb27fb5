import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Starts a script of test/support in a child process, which is killed after the test. */
export function startScript(context: TestContext, script: string, args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  context.after(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** Returns the first output of the script. */
export async function firstOutput(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the script has no stdout');
  const [chunk] = await once(child.stdout, 'data');
  return String(chunk);
}

/** Returns everything that the script prints until it ends. */
export async function allOutput(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the script has no stdout');
  return await text(child.stdout);
}
