import { wrap } from '../../text/words.ts';
import { type MailContent, type MailRow, type MailSection, sectionHeading } from '../content/mail-content.ts';
import type { FittedSection, PartRenderer } from './fit-sections.ts';

/** What terminals and ticket systems show without breaking lines of their own. */
const width = 78;

/** The text part: it says everything that the HTML part says. */
export const textPart: PartRenderer = { renderFrame, renderRow, renderPage };

function renderPage(content: MailContent, sections: readonly FittedSection[]): string {
  const parts = [
    heading(content.heading, '='),
    ...(content.lead === '' ? [] : [wrap(content.lead, width)]),
    ...content.alerts.map((alert) => wrap(`ATTENTION: ${alert}`, width)),
    ...content.paragraphs.map((paragraph) => wrap(paragraph, width)),
    ...sections.map(renderSection),
    ...content.notes.map((note) => wrap(`Note: ${note}`, width)),
    ['--', content.footer, ...(content.moreCommand === null ? [] : [`Full list: ${content.moreCommand}`])].join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

function renderFrame(section: MailSection): string {
  const { label, text } = sectionHeading(section);
  const { intro } = section;
  return [heading(label + text, '-'), ...(intro === '' ? [] : [wrap(intro, width)])].join('\n');
}

function renderSection({ section, frame, rows, more }: FittedSection): string {
  return [frame, ...rows, ...(more === null ? [] : [moreLine(more, section)])].join('\n');
}

/** The command stays in one piece, for it is copied. */
function moreLine(more: string, { moreCommand }: MailSection): string {
  const line = `  ${more}${moreCommand}`;
  return line.length <= width ? line : `  ${more.trimEnd()}\n    ${moreCommand}`;
}

function renderRow(row: MailRow): string {
  return rowLines(row, '  ', '*').join('\n');
}

/** Names, ids and commands stay in one piece, so that they can be searched for and copied. */
function rowLines(row: MailRow, indent: string, bullet: string): string[] {
  const { title, facts, prose, smallPrint, command, items } = row;
  const inner = `${indent}  `;
  return [
    `${indent}${bullet} ${title}`,
    ...facts.map((fact) => inner + fact),
    ...prose.map((text) => wrap(text, width, inner, `${inner}  `)),
    ...[...smallPrint, ...(command === null ? [] : [command])].map((line) => inner + line),
    ...items.flatMap((item) => rowLines(item, inner, '-')),
  ];
}

function heading(text: string, underline: string): string {
  const lines = wrap(text, width);
  return `${lines}\n${underline.repeat(Math.max(...lines.split('\n').map((line) => line.length)))}`;
}
