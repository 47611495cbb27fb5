import { writeFileSync } from 'node:fs';
import { AppError, UsageError } from '../errors.ts';
import { numberOption, parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { chooseRun } from './complete-run.ts';
import { exitCode } from './exit-code.ts';

export const run: RunCommand = async (args, { app, print }) => {
  const { values } = parseCommandLine(args, { run: { type: 'string' }, html: { type: 'string' } });
  const asked = numberOption('run', values.run, 1);
  {
    using store = await app().look();
    if (chooseRun(store, asked) === null)
      throw new UsageError('there is nothing to preview: no audit was complete yet');
  }
  const preview = await app().preview(asked);
  if (preview === null) throw new UsageError('there is nothing to preview');
  const { subject, text, html } = preview.mail;
  if (values.html === undefined) {
    print(`Subject: ${subject}\n\n${text}`);
  } else {
    writeFileOrExplain(values.html, html);
    print(`Wrote the mail of audit ${preview.runId} to ${values.html}\n`);
  }
  return exitCode.done;
};

function writeFileOrExplain(path: string, content: string): void {
  try {
    writeFileSync(path, content, { mode: 0o600 });
  } catch (error) {
    throw new AppError(`--html ${JSON.stringify(path)}: ${(error as Error).message}`, { cause: error });
  }
}
