import type { FailureMail } from '../../history/outage.ts';
import { openCount, type RunReport } from '../../history/run-report.ts';
import type { RenderedMail } from '../../mail/message.ts';
import { severities, worst } from '../../rules/severity.ts';
import { plural } from '../../text/words.ts';
import type { MailContent, MailRow, MailSection } from '../content/mail-content.ts';
import { gravity } from '../content/tally.ts';
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
    const leftOut = section.count - rows.length;
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
 * What is mailed when rendering fails: numbers alone, and nothing that anybody else wrote, so that it
 * arrives even if one name defeats the renderer.
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
    `Audit ${run.id} reports ${plural(count, 'thing')}${kinds} among ${plural(run.tokenCount, 'token')}. ${plural(openCount(report), 'finding')} open in all.`,
    count > 0 ? `omni-token-audit findings --run ${run.id}` : 'omni-token-audit findings --open',
  );
  return { ...mail, isCritical: worst(groups.map(({ severity }) => severity)) === 'critical' };
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
