import assert from 'node:assert/strict';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import { explainError } from '../../src/cli/explain-error.ts';
import { commands } from '../../src/cli/registry.ts';
import { createApp } from '../../src/wiring.ts';
import { type LogLine, recordLog } from './log-lines.ts';
import { noAbort } from './no-abort.ts';
import type { Variables, World } from './world.ts';

export interface Answer {
  code: number;
  stdout: string;
  /** The error message for a person. Log lines are in `log`. */
  stderr: string;
  log: LogLine[];
  /** stdout as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: commands answer in many shapes
  json(): any;
}

/**
 * Runs a command in this process. That takes milliseconds, while `world.run` starts a process. The output does not
 * go to a terminal, and `env` overrides the variables of the world.
 */
export async function ask(world: Pick<World, 'env'>, line: string[], env: Variables = {}): Promise<Answer> {
  const [name = '', ...args] = line;
  const command = commands[name];
  assert.ok(command, `unknown command "${name}"`);
  const variables = { ...world.env, ...env };
  const { destination, lines } = recordLog();
  let stdout = '';
  let stderr = '';
  const answer = (code: number, stderr: string): Answer => {
    return { code, stdout, stderr, log: lines, json: () => JSON.parse(stdout) };
  };
  try {
    const { run } = await command.load();
    const code = await run(args, {
      env: variables,
      app: async () => createApp({ environment: () => variables, logDestination: destination }),
      print(text) {
        stdout += text;
      },
      async printAll(parts) {
        for (const part of parts) stdout += part;
      },
      remark(text) {
        stderr += text;
      },
      width: null,
      terminal: null,
      signal: noAbort,
    });
    return answer(code, stderr);
  } catch (error) {
    return answer(exitCodeOf(error), explainError(error, name));
  }
}
