import { exitCodeOf } from '../../../src/cli/exit-code.ts';
import { commands } from '../../../src/cli/registry.ts';
import { AppError } from '../../../src/errors.ts';
import { type App, createApp } from '../../../src/wiring.ts';
import { noAbort } from '../../support/no-abort.ts';
import type { Outcome, Variables } from '../../support/world.ts';

export type Printed = Pick<Outcome, 'code' | 'stdout' | 'stderr'>;

/** Runs a command in this process, which is fast. What it throws is printed as the program would print it. */
export async function runHere(line: string, env: Variables, knownApp?: App): Promise<Printed> {
  const [name = '', ...args] = line.split(' ');
  const printed: Printed = { code: null, stdout: '', stderr: '' };
  const log = {
    write(text: string) {
      printed.stderr += text;
    },
  };
  let app = knownApp;
  try {
    const command = await commands[name]?.load();
    if (command === undefined) throw new Error(`there is no command ${name}`);
    printed.code = await command.run(args, {
      env,
      remark(text) {
        printed.stderr += text;
      },
      width: null,
      terminal: null,
      signal: noAbort,
      async app() {
        app ??= createApp({ environment: () => env, logDestination: log });
        return app;
      },
      print(text) {
        printed.stdout += text;
      },
      async printAll(parts) {
        for (const part of parts) printed.stdout += part;
      },
    });
  } catch (error) {
    printed.code = exitCodeOf(error);
    log.write(error instanceof AppError ? `${error.message}\n  ${error.hint}\n` : String(Object(error).stack ?? error));
  }
  return printed;
}
