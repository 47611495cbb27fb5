import { writeFileSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import { openLook, previewMail } from '../look.ts';
import { numberOption, parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { chooseRun } from './complete-run.ts';
import { exitCode } from './exit-code.ts';

export const run: RunCommand = async (args, { env, print }) => {
  const { values } = parseCommandLine(args, { run: { type: 'string' }, html: { type: 'string' } });
  const asked = numberOption('run', values.run, 1);
  using store = await openLook(env);
  const runId = chooseRun(store, asked);
  const mail = runId === null ? null : await previewMail(env, store, runId);
  if (mail === null) throw new UsageError('there is nothing to preview: no audit was complete yet');
  if (values.html === undefined) {
    print(`Subject: ${mail.subject}\n\n${mail.text}`);
  } else {
    writeFileOrExplain(values.html, mail.html);
    print(`Wrote the mail of audit ${runId} to ${values.html}\n`);
  }
  return exitCode.done;
};

function writeFileOrExplain(path: string, content: string): void {
  try {
    writeFileSync(path, content, { mode: 0o600 });
  } catch (error) {
    throw new UsageError(`--html ${JSON.stringify(path)}: ${(error as Error).message}`, { cause: error });
  }
}
