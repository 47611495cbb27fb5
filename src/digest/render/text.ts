import { wrap } from '../../text/words.ts';
import {
  type MailContent,
  type MailFact,
  type MailItem,
  type MailPicture,
  type MailRow,
  type MailSection,
  reasonAndAct,
} from '../content/mail-content.ts';
import type { FittedSection, PartRenderer } from './render-mail.ts';

/** What terminals and ticket systems show without breaking lines of their own. */
const width = 78;
/** The longest label, its colon and a space. */
const labelWidth = 8;
/** Longer labels in a list of numbers do not push the numbers further to the right. */
const maxLabelWidth = 30;

/** The text part: it says everything that the HTML part says. */
export const textPart: PartRenderer = { renderFrame, renderRow, renderPage };

function renderPage(content: MailContent, sections: readonly FittedSection[]): string {
  const parts = [
    heading(content.heading, '='),
    ...(content.lead === '' ? [] : [wrap(content.lead, width)]),
    ...content.alerts.map((alert) => wrap(`ATTENTION: ${alert}`, width)),
    ...content.paragraphs.map((paragraph) => wrap(paragraph, width)),
    ...sections.map(renderSection),
    ...content.pictures.map(renderPicture),
    ...content.notes.map((note) => wrap(`Note: ${note}`, width)),
    ['--', content.footer, ...(content.moreCommand === null ? [] : [`Full list: ${content.moreCommand}`])].join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

function renderFrame(section: MailSection): string {
  const label = section.severity === null ? section.title : `${section.severity.toUpperCase()}: ${section.title}`;
  const reason = reasonAndAct(section);
  return [heading(`${label} (${section.count})`, '-'), ...(reason === '' ? [] : [wrap(reason, width)])].join('\n');
}

function renderSection({ section, frame, rows, more }: FittedSection): string {
  return [frame, ...rows, ...(more === null ? [] : [moreLine(more, section)])].join('\n');
}

/** The command stays in one piece, for it is copied. */
function moreLine(more: string, { moreCommand }: MailSection): string {
  const line = `  ${more}${moreCommand}`;
  return line.length <= width ? line : `  ${more.trimEnd()}\n    ${moreCommand}`;
}

function renderRow({ title, facts, items, smallPrint, command }: MailRow): string {
  return [
    // A name stays in one piece, so that it can be searched for.
    `  * ${title}`,
    ...facts.map(renderFact),
    ...items.map(renderItem),
    ...smallPrint.map((line) => `    ${line}`),
    ...(command === null ? [] : [`    ${command}`]),
  ].join('\n');
}

function renderFact({ label, value, isProse }: MailFact): string {
  const indent = '    ';
  const line = label === '' ? value : `${`${label}:`.padEnd(labelWidth)}${value}`;
  return isProse ? wrap(line, width, indent, indent + ' '.repeat(labelWidth)) : indent + line;
}

function renderItem({ title, detail, smallPrint, command }: MailItem): string {
  return [`    - ${title}: ${detail}`, `      ${smallPrint}`, ...(command === null ? [] : [`      ${command}`])].join(
    '\n',
  );
}

function heading(text: string, underline: string): string {
  const lines = wrap(text, width);
  return `${lines}\n${underline.repeat(Math.max(...lines.split('\n').map((line) => line.length)))}`;
}

/** Each label with its numbers, in columns. */
function renderPicture(picture: MailPicture): string {
  const rows =
    picture.kind === 'parts'
      ? picture.parts.map(({ label, count }) => [label, String(count)])
      : [['Week of', ...picture.columns], ...picture.points.map(({ label, counts }) => [label, ...counts.map(String)])];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.min(maxLabelWidth, Math.max(...rows.map((cells) => cells[column]?.length ?? 0))),
  );
  const lines = rows.map(([label = '', ...numbers]) =>
    [label.padEnd(widths[0] ?? 0), ...numbers.map((number, index) => number.padStart(widths[index + 1] ?? 0))].join(
      '  ',
    ),
  );
  return [picture.title, ...lines.map((line) => `  ${line}`)].join('\n');
}
