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
import { requireFreePath, writeOutput } from './output-file.ts';

export const run: RunCommand = async (args, context) => {
  const { values } = parseCommandLine(args, {
    run: { type: 'string' },
    sample: { type: 'boolean', default: false },
    html: { type: 'string' },
    force: { type: 'boolean', default: false },
  });
  const runId = numberOption('run', values.run, 1);
  if (values.sample && runId !== undefined) throw new UsageError('--sample and --run cannot be combined');
  if (values.force && values.html === undefined) throw new UsageError('--force needs --html FILE');
  const path = values.html ?? null;
  const file = path === null ? null : { path, label: `--html ${JSON.stringify(path)}`, force: values.force };
  if (file !== null) requireFreePath(file, context.env);
  const { mail, what } = values.sample ? { mail: await renderSample(), what: 'sample' } : renderRun(runId, context);
  if (file === null) {
    context.print(`Subject: ${mail.subject}\n\n${mail.text}`);
  } else {
    writeOutput(file, mail.html);
    context.print(`Wrote the ${what} to ${file.path}\n`);
  }
  return exitCode.done;
};

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
