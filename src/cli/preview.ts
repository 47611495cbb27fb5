import { writeFileSync } from 'node:fs';
import { loadConfig } from '../config/settings.ts';
import { runContent } from '../digest/content/run-content.ts';
import { renderMail } from '../digest/render/render-mail.ts';
import { UsageError } from '../errors.ts';
import { noMailReport } from '../history/report.ts';
import type { RenderedMail } from '../mail/message.ts';
import { numberOption, parseCommandLine } from './arguments.ts';
import { completeRun } from './as-of-options.ts';
import type { CommandContext, RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { openForReading } from './open.ts';

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, {
    run: { type: 'string' },
    sample: { type: 'boolean', default: false },
    html: { type: 'string' },
  });
  const runId = numberOption('run', values.run, 1);
  if (values.sample && runId !== undefined) throw new UsageError('--sample and --run cannot be combined');
  const { mail, what } = values.sample ? { mail: await renderSample(), what: 'sample' } : renderRun(runId, context);
  if (values.html === undefined) context.print(`Subject: ${mail.subject}\n\n${mail.text}`);
  else writeHtml(values.html, mail.html, what, context);
  return exitCode.done;
};

/** Writes a file that only its owner can read, and prints where it is. @throws UsageError */
function writeHtml(path: string, content: string, what: string, { print }: CommandContext): void {
  try {
    writeFileSync(path, content, { mode: 0o600 });
  } catch (error) {
    throw new UsageError(`--html ${JSON.stringify(path)}: ${(error as Error).message}`, { cause: error });
  }
  print(`Wrote the ${what} to ${path}\n`);
}

/** Renders a digest with something in every section, about an organisation that does not exist. */
async function renderSample(): Promise<RenderedMail> {
  const { sampleContext, sampleReport } = await import('../demo/sample-report.ts');
  return renderMail(runContent(sampleReport, sampleContext));
}

/** Renders the mail about a complete run, by default the newest one, as this version of the program would. */
function renderRun(runId: number | undefined, { env }: CommandContext): { mail: RenderedMail; what: string } {
  const { organizationName, timeZone } = loadConfig(env, ['organizationName', 'timeZone']);
  using store = openForReading(env);
  const { history, organisation } = store;
  const run = runId === undefined ? history.lastComplete() : completeRun(history, `--run ${runId}`, runId);
  const found = run === null ? null : history.runFindings(run.id);
  const baseUrl = organisation.baseUrl();
  if (found === null || baseUrl === null) {
    throw new UsageError('nothing to preview: no audit has completed yet', {
      hint: 'Run `omni-token-audit preview --sample` to see what a digest looks like',
    });
  }
  const report = { ...found, ...history.runTotals(found.run.id), mail: noMailReport };
  const context = { organizationName: organizationName(baseUrl), baseUrl, hasAttachments: false, timeZone };
  return { mail: renderMail(runContent(report, context)), what: `mail of run ${report.run.id}` };
}
