import type { RenderedMail } from '../domain/message.ts';
import type { RunReport } from '../domain/run-report.ts';
import { plural } from '../text/words.ts';
import { composeDigest, type DigestContext } from './digest.ts';
import { renderHtml } from './html.ts';
import { html } from './markup.ts';
import { renderSubject } from './subject.ts';
import { renderText } from './text.ts';

/** The mail about a complete run. */
export function renderRunMail(report: RunReport, context: DigestContext): RenderedMail {
  const digest = composeDigest(report, context);
  return { subject: renderSubject(digest), text: renderText(digest), html: renderHtml(digest) };
}

/**
 * What is mailed when rendering fails: counts alone, nothing that anybody else wrote. News must
 * arrive even if one name defeats the renderer.
 */
export function renderFallback({ run, groups }: RunReport): RenderedMail {
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  const told = `Audit ${run.id} found ${plural(count, 'thing')} to tell among ${plural(run.tokenCount, 'token')}.`;
  const mend = 'The full mail could not be rendered, which is a defect of omni-token-audit; please report it.';
  const command = `omni-token-audit findings --run ${run.id}`;
  return {
    subject: `[Omni tokens] audit ${run.id}: ${plural(count, 'finding')} (plain form)`,
    text: `${told}\n\n${mend}\n\nSee them with:\n  ${command}\n`,
    html: html`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Omni API tokens</title></head><body><p>${told}</p><p>${mend}</p><p>See them with: <code>${command}</code></p></body></html>`
      .source,
  };
}
