import type { FailureMail } from '../../history/report.ts';
import { openCount, type RunReport } from '../../history/report.ts';
import type { RenderedMail } from '../../mail/message.ts';
import { plural } from '../../text/words.ts';
import type { MailContent, MailRow, MailSection } from '../content/mail-content.ts';
import { gravity, isCritical, tally } from '../content/tally.ts';
import { htmlPart } from './html.ts';
import { html } from './markup.ts';
import { textPart } from './text.ts';

/** Gmail clips a mail above 102 KB. */
const maxBytes = 100_000;

/** A section as it is to be shown, in text or in HTML. */
export interface FittedSection {
  section: MailSection;
  /** Heading, reason and act, rendered. */
  frame: string;
  /** The rows that fit, rendered. */
  rows: string[];
  /** `… and 12 more: `, before the command that lists them; null when nothing is left out. */
  more: string | null;
}

/** How one of the two parts of a mail, text and HTML, is written. */
export interface PartRenderer {
  /** Heading, reason and instruction of a section. */
  renderFrame(section: MailSection): string;
  /** One row, in the layout of its section. */
  renderRow(row: MailRow, section: MailSection): string;
  /** The whole part, with its sections as far as they fit. */
  renderPage(content: MailContent, sections: readonly FittedSection[]): string;
}

/** Renders both parts of a mail. */
export function renderMail(content: MailContent): RenderedMail {
  const { subject, isCritical } = content;
  const [text, html] = [renderPart(content, textPart, maxBytes), renderPart(content, htmlPart, maxBytes)];
  return { subject, text, html, isCritical };
}

/** One part of a mail, at most `limit` bytes long. */
export function renderPart(content: MailContent, part: PartRenderer, limit: number): string {
  const left = limit - Buffer.byteLength(part.renderPage(content, []));
  return part.renderPage(content, fitSections(content.sections, left, part));
}

/** For the markup around the rows of a section, and the line that says what is left out. */
const wrappingBytes = 1000;

/**
 * Renders as many rows as `maxBytes` hold. The frames go first, since a count must never be
 * lost; then the rows, worst first.
 */
export function fitSections(
  sections: readonly MailSection[],
  maxBytes: number,
  { renderFrame, renderRow }: Pick<PartRenderer, 'renderFrame' | 'renderRow'>,
): FittedSection[] {
  const frames = sections.map(renderFrame);
  let left = maxBytes - frames.reduce((sum, frame) => sum + Buffer.byteLength(frame) + wrappingBytes, 0);
  return sections.map((section, index) => {
    const rows: string[] = [];
    for (const row of section.rows) {
      const rendered = renderRow(row, section);
      left -= Buffer.byteLength(rendered);
      if (left < 0) break;
      rows.push(rendered);
    }
    const leftOut = (section.count ?? section.rows.length) - rows.length;
    return {
      section,
      frame: frames[index] ?? '',
      rows,
      more: leftOut > 0 ? `… and ${plural(leftOut, 'more', 'more')}: ${where(section)}` : null,
    };
  });
}

function where({ moreFile }: MailSection): string {
  return moreFile === null ? '' : `in the attached ${moreFile}, or with `;
}

/**
 * What is mailed when rendering fails: numbers and words of our own, and nothing that anybody else wrote,
 * so that it arrives even if one name defeats the renderer.
 */
export function renderFallback(report: RunReport): RenderedMail {
  const { run, groups, acknowledgements } = report;
  const count = acknowledgements.length;
  const notices = count === 0 ? '' : `${plural(count, 'acknowledgement')} made or ended`;
  const reported = [tally(groups), notices].filter((part) => part !== '').join(', ') || 'nothing new';
  const mail = renderPlain(
    `audit ${run.id}${gravity(groups)}: ${reported}`,
    `Audit ${run.id}: ${reported}; ${plural(run.tokenCount, 'token')} in all. ${plural(openCount(report), 'finding')} open.`,
    `omni-token-audit findings ${reported === 'nothing new' ? '--open' : `--run ${run.id}`}`,
  );
  return { ...mail, isCritical: isCritical(groups) };
}

/** The same for the mails about failing and recovered audits. */
export function renderFallbackNotice(kind: FailureMail | 'recovered', runId: number): RenderedMail {
  const what = kind === 'recovered' ? 'audits are working again' : 'audits are failing';
  return renderPlain(`audit ${runId}: ${what}`, `Audit ${runId}: ${what}.`, 'omni-token-audit runs');
}

function renderPlain(subject: string, message: string, command: string): RenderedMail {
  const hint = 'The full mail could not be rendered, which is a defect of omni-token-audit; please report it.';
  return {
    subject: `[Omni tokens] ${subject} (plain form)`,
    isCritical: false,
    text: `${message}\n\n${hint}\n\nSee it with:\n  ${command}\n`,
    html: html`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Omni API tokens</title></head><body><p>${message}</p><p>${hint}</p><p>See it with: <code>${command}</code></p></body></html>`
      .source,
  };
}
