import { type FailureMail, openCount, type RunReport } from '../../history/report.ts';
import type { RenderedMail } from '../../mail/message.ts';
import { plural } from '../../text/words.ts';
import type { MailContent } from '../content/mail-content.ts';
import { doubts } from '../content/run-notes.ts';
import { subjectLine, uncounted } from '../content/subject.ts';
import { gravity, isCritical, partsText, tally } from '../content/tally.ts';
import { renderPart } from './fit-sections.ts';
import { htmlPart } from './html.ts';
import { html } from './markup.ts';
import { textPart } from './text.ts';

/** Gmail clips a mail above 102 KB. */
const maxBytes = 100_000;

/** Renders both parts of a mail. */
export function renderMail(content: MailContent): RenderedMail {
  const { subject, isCritical } = content;
  const [text, html] = [renderPart(content, textPart, maxBytes), renderPart(content, htmlPart, maxBytes)];
  return { subject, text, html, isCritical };
}

/**
 * What is mailed when rendering fails: numbers and words of our own, and nothing that anybody else wrote,
 * so that it arrives even if one name defeats the renderer.
 */
export function renderFallback(report: RunReport): RenderedMail {
  const { run, groups, acknowledgements } = report;
  const unproven = doubts(report).join(', ');
  const count = acknowledgements.length;
  const notices = count === 0 ? [] : [{ count, text: `${plural(count, 'acknowledgement')} made or ended` }];
  const found = [...tally(groups), ...notices];
  const reported = found.length === 0 ? uncounted(['nothing new']) : found;
  const mail = renderPlain(
    subjectLine(`[Omni tokens] audit ${run.id}, plain form${gravity(groups)}:`, reported),
    `Audit ${run.id}: ${partsText(reported)}; ${plural(run.tokenCount, 'token')} in all. ${plural(openCount(report), 'finding')} open.${unproven === '' ? '' : ` Not all is known: ${unproven}.`}`,
    `omni-token-audit findings ${found.length === 0 ? '--open' : `--run ${run.id}`}`,
  );
  return { ...mail, isCritical: isCritical(groups) };
}

/** The same for the mails about failing and recovered audits. */
export function renderFallbackNotice(kind: FailureMail | 'recovered', runId: number): RenderedMail {
  const what = kind === 'recovered' ? 'audits are working again' : 'audits are failing';
  return renderPlain(
    `[Omni tokens] audit ${runId}, plain form: ${what}`,
    `Audit ${runId}: ${what}.`,
    'omni-token-audit runs',
  );
}

function renderPlain(subject: string, message: string, command: string): RenderedMail {
  const hint = 'The full mail could not be rendered, which is a defect of omni-token-audit; please report it.';
  return {
    subject,
    isCritical: false,
    text: `${message}\n\n${hint}\n\nSee it with:\n  ${command}\n`,
    html: html`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Omni API tokens</title></head><body><p>${message}</p><p>${hint}</p><p>See it with: <code>${command}</code></p></body></html>`
      .source,
  };
}
