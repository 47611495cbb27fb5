import type { AuditResult } from '../audit/audit-job.ts';
import type { CompleteAudit, FailedAudit } from '../audit/audit-result.ts';
import { AppError } from '../errors.ts';
import { isAtLeast, type Severity, type SeverityCounts, severities } from '../rules/severity.ts';
import { plural } from '../text/words.ts';
import { choiceOption, numberOption, parseCommandLine } from './arguments.ts';
import type { RunCommand } from './command.ts';
import { exitCode } from './exit-code.ts';
import { endSentences } from './explain-error.ts';
import { createProgressLine } from './progress-line.ts';

export const run: RunCommand = async (args, { app, print, terminal, signal }) => {
  const { values } = parseCommandLine(args, {
    'dry-run': { type: 'boolean', default: false },
    'fail-on': { type: 'string' },
    'mail-patience': { type: 'string' },
    'accept-removals': { type: 'boolean', default: false },
    format: { type: 'string', default: 'table' },
  });
  const asJson = choiceOption('format', values.format, ['table', 'json']) === 'json';
  const failOn = choiceOption('fail-on', values['fail-on'], severities) ?? null;
  const patienceMs = 1000 * (numberOption('mail-patience', values['mail-patience'], 0) ?? 0);
  const dryRun = values['dry-run'];
  const options = { trigger: 'manual', dryRun, acceptRemovals: values['accept-removals'] } as const;
  const progress = terminal && createProgressLine(terminal);
  const onProgress = progress === null ? {} : { onProgress: progress.listen };
  const result = await (await app()).audit({ ...options, ...onProgress, patienceMs }, signal).finally(progress?.end);
  print(asJson ? `${JSON.stringify(asJsonShape(result), null, 2)}\n` : describe(result, dryRun, failOn));
  signal.throwIfAborted();
  return codeOf(result, failOn);
};

/** Returns the first exit code that applies, in the documented order. */
function codeOf({ audit, delivery }: AuditResult, failOn: Severity | null): number {
  if (audit.status === 'failed') return exitCode.failed;
  if (delivery.pending + delivery.parked > 0) return exitCode.mailWaits;
  return failOn !== null && isAlarming(audit, failOn) ? exitCode.alarming : exitCode.done;
}

function isAlarming({ findings, openBySeverity }: CompleteAudit, failOn: Severity): boolean {
  return severities.some(
    (severity) => isAtLeast(severity, failOn) && findings[severity] + openBySeverity[severity] > 0,
  );
}

/** Returns the documented JSON shape. A failed audit has the same fields and an `error`. */
function asJsonShape({ audit, delivery }: AuditResult): Record<string, unknown> {
  const { runId, status, pageCount, queued } = audit;
  const complete = audit.status === 'failed' ? null : audit;
  return {
    runId,
    status,
    isBaseline: complete?.isBaseline ?? false,
    tokenCount: complete?.tokenCount ?? null,
    pageCount,
    changes: complete?.changes ?? null,
    findings: complete?.findings ?? null,
    ownersKnown: complete?.ownersKnown ?? false,
    mail: { queued, ...delivery },
    ...(audit.status === 'failed' && { error: errorText(audit) }),
  };
}

function describe({ audit, delivery }: AuditResult, dryRun: boolean, failOn: Severity | null): string {
  if (audit.status === 'failed') return `The audit failed: ${errorText(audit)}\n`;
  if (dryRun) {
    if (audit.mail === null) return 'Dry run: nothing was stored or sent. There is nothing to report.\n';
    const { subject, text } = audit.mail;
    return `Dry run: nothing was stored or sent. This mail would be sent:\n\nSubject: ${subject}\n\n${text}`;
  }
  return [
    `Run ${audit.runId} is complete: ${plural(audit.tokenCount, 'token')} on ${plural(audit.pageCount, 'page')}${audit.isBaseline ? ', the baseline' : ''}.`,
    ...(audit.ownersKnown ? [] : ['Owners could not be read in this run; see the log for the reason.']),
    `Findings: ${inWords(audit.findings)}. Open: ${inWords(audit.openBySeverity)}.`,
    ...(failOn !== null && isAlarming(audit, failOn)
      ? [`At least one is ${failOn} or worse (--fail-on ${failOn}).`]
      : []),
    `Mail: ${delivery.sent} sent, ${delivery.pending} waiting, ${delivery.parked} parked.`,
    '',
  ].join('\n');
}

function inWords(counts: SeverityCounts): string {
  const present = severities.filter((severity) => counts[severity] > 0);
  return present.map((severity) => `${counts[severity]} ${severity}`).join(', ') || 'none';
}

function errorText({ error }: FailedAudit): string {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof AppError ? error.hint : '';
  return hint === '' ? message : endSentences(`${message}. ${hint}`);
}
