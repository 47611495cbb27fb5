import { UsageError } from '../errors.ts';
import { openForReading, previewMail, previewSample } from '../look.ts';
import type { RenderedMail } from '../mail/message.ts';
import { numberOption, parseCommandLine } from './arguments.ts';
import { completeRun } from './as-of-options.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { writeResult } from './result-file.ts';

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, {
    run: { type: 'string' },
    sample: { type: 'boolean', default: false },
    html: { type: 'string' },
  });
  const asked = numberOption('run', values.run, 1);
  if (values.sample && asked !== undefined) throw new UsageError('--sample and --run exclude each other');
  const { mail, what } = values.sample ? { mail: await previewSample(), what: 'sample' } : await ofRun(asked, context);
  if (values.html === undefined) {
    context.print(`Subject: ${mail.subject}\n\n${mail.text}`);
  } else {
    writeResult(values.html, mail.html, what, context);
  }
  return exitCode.done;
};

async function ofRun(
  asked: number | undefined,
  { env }: CommandContext,
): Promise<{ mail: RenderedMail; what: string }> {
  using store = await openForReading(env);
  const run = asked === undefined ? store.history.lastComplete() : completeRun(store.history, `--run ${asked}`, asked);
  const mail = run === null ? null : await previewMail(env, store, run.id);
  if (mail === null) {
    throw new UsageError('there is nothing to preview: no audit has completed yet', {
      hint: '`preview --sample` shows what a digest looks like',
    });
  }
  return { mail, what: `mail of run ${run?.id}` };
}
