import type { RenderedMail } from '../domain/message.ts';
import type { RunReport } from '../domain/run-report.ts';
import { plural } from '../text/words.ts';
import type { MailContent } from './content.ts';
import { renderHtml } from './html.ts';
import { html } from './markup.ts';
import { renderText } from './text.ts';

/** How a mail looks, whatever it says. */
export function renderMail(content: MailContent): RenderedMail {
  return { subject: content.subject, text: renderText(content), html: renderHtml(content) };
}

/**
 * What is mailed when rendering fails: numbers alone, nothing that anybody else wrote. News must
 * arrive even if one name defeats the renderer.
 */
export function renderFallback({ run, groups }: RunReport): RenderedMail {
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  return renderPlain(
    `audit ${run.id}: ${plural(count, 'finding')}`,
    `Audit ${run.id} found ${plural(count, 'thing')} to tell among ${plural(run.tokenCount, 'token')}.`,
    `omni-token-audit findings --run ${run.id}`,
  );
}

/** The same for the mails about failing and recovered audits. */
export function renderFallbackNotice(kind: 'failing' | 'recovered', runId: number): RenderedMail {
  const what = kind === 'failing' ? 'the audit is failing' : 'the audit works again';
  return renderPlain(`audit ${runId}: ${what}`, `Audit ${runId}: ${what}.`, 'omni-token-audit runs');
}

function renderPlain(subject: string, told: string, command: string): RenderedMail {
  const mend = 'The full mail could not be rendered, which is a defect of omni-token-audit; please report it.';
  return {
    subject: `[Omni tokens] ${subject} (plain form)`,
    text: `${told}\n\n${mend}\n\nSee it with:\n  ${command}\n`,
    html: html`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Omni API tokens</title></head><body><p>${told}</p><p>${mend}</p><p>See it with: <code>${command}</code></p></body></html>`
      .source,
  };
}
