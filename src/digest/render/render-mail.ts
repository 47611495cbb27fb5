import type { FailureMail } from '../../history/outage.ts';
import { openCount, type RunReport } from '../../history/run-report.ts';
import type { RenderedMail } from '../../mail/message.ts';
import { severities, worst } from '../../rules/severity.ts';
import { plural } from '../../text/words.ts';
import type { MailContent } from '../content/mail-content.ts';
import { gravity } from '../content/tally.ts';
import { renderHtml } from './html.ts';
import { html } from './markup.ts';
import { renderText } from './text.ts';

/** Gmail clips a mail above 102 KB. */
const maxBytes = 100_000;

/** How a mail looks, whatever it says. */
export function renderMail(content: MailContent): RenderedMail {
  const { subject, isCritical } = content;
  return { subject, text: renderText(content, maxBytes), html: renderHtml(content, maxBytes), isCritical };
}

/**
 * What is mailed when rendering fails: numbers alone, nothing that anybody else wrote. News must
 * arrive even if one name defeats the renderer.
 */
export function renderFallback(report: RunReport): RenderedMail {
  const { run, groups, acknowledgements } = report;
  const count = groups.reduce((sum, group) => sum + group.count, acknowledgements.length);
  const bySeverity = severities
    .map((severity) => ({ severity, of: groups.filter((group) => group.severity === severity) }))
    .map(({ severity, of }) => ({ severity, count: of.reduce((sum, group) => sum + group.count, 0) }))
    .filter((part) => part.count > 0)
    .map((part) => `${part.count} ${part.severity}`);
  const kinds = bySeverity.length === 0 ? '' : ` (${bySeverity.join(', ')})`;
  const mail = renderPlain(
    `audit ${run.id}${gravity(groups)}: ${plural(count, 'finding')}`,
    `Audit ${run.id} found ${plural(count, 'thing')} to tell${kinds} among ${plural(run.tokenCount, 'token')}. ${plural(openCount(report), 'finding')} open in all.`,
    count > 0 ? `omni-token-audit findings --run ${run.id}` : 'omni-token-audit findings --open',
  );
  return { ...mail, isCritical: worst(groups.map(({ severity }) => severity)) === 'critical' };
}

/** The same for the mails about failing and recovered audits. */
export function renderFallbackNotice(kind: FailureMail | 'recovered', runId: number): RenderedMail {
  const what = kind === 'recovered' ? 'the audit works again' : 'the audit is failing';
  return renderPlain(`audit ${runId}: ${what}`, `Audit ${runId}: ${what}.`, 'omni-token-audit runs');
}

function renderPlain(subject: string, told: string, command: string): RenderedMail {
  const hint = 'The full mail could not be rendered, which is a defect of omni-token-audit; please report it.';
  return {
    subject: `[Omni tokens] ${subject} (plain form)`,
    isCritical: false,
    text: `${told}\n\n${hint}\n\nSee it with:\n  ${command}\n`,
    html: html`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Omni API tokens</title></head><body><p>${told}</p><p>${hint}</p><p>See it with: <code>${command}</code></p></body></html>`
      .source,
  };
}
