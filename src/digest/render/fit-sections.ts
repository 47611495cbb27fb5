import { plural } from '../../text/words.ts';
import type { MailContent, MailRow, MailSection } from '../content/mail-content.ts';

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

/** One part of a mail, at most `limit` bytes long. */
export function renderPart(content: MailContent, part: PartRenderer, limit: number): string {
  const left = limit - Buffer.byteLength(part.renderPage(content, []));
  return part.renderPage(content, fitSections(content.sections, left, part));
}

/** For the markup around the rows of a section, and the line that says what is left out. */
const wrappingBytes = 550;

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
