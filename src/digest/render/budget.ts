import { plural } from '../../text/words.ts';
import type { MailRow, MailSection } from '../content/mail-content.ts';

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

export interface SectionRenderer {
  renderFrame: (section: MailSection) => string;
  renderRow: (row: MailRow, section: MailSection) => string;
}

/** For what surrounds the rows of a section, and the line that says what is left out. */
const surroundingsBytes = 1000;

/**
 * Renders as many rows as `maxBytes` hold. The frames go first, since a count must never be
 * lost; then the rows, worst first.
 */
export function fitSections(
  sections: readonly MailSection[],
  maxBytes: number,
  { renderFrame, renderRow }: SectionRenderer,
): FittedSection[] {
  const frames = sections.map(renderFrame);
  let left = maxBytes - frames.reduce((sum, frame) => sum + Buffer.byteLength(frame) + surroundingsBytes, 0);
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

/** Why it matters and what to do, as one paragraph. */
export function reasonAndAct({ why, act }: MailSection): string {
  return [why, act].filter((part) => part !== '').join(' ');
}
