import { wrap } from '../../text/words.ts';
import type { MailContent, MailFact, MailItem, MailRow, MailSection } from '../content/mail-content.ts';
import { type FittedSection, fitSections, reasonAndAct } from './budget.ts';
import { renderTextPicture } from './text-picture.ts';

/** What terminals and ticket systems show without breaking lines of their own. */
const width = 78;
/** The longest label, its colon and a space. */
const labelWidth = 8;

/** The text part: it says all that the HTML part says. */
export function renderText(content: MailContent, maxBytes: number): string {
  const before = [
    heading(content.heading, '='),
    ...(content.lead === '' ? [] : [wrap(content.lead, width)]),
    ...content.alerts.map((alert) => wrap(`ATTENTION: ${alert}`, width)),
    ...content.paragraphs.map((paragraph) => wrap(paragraph, width)),
  ];
  const after = [
    ...content.pictures.map((picture) => renderTextPicture(picture, width)),
    ...content.notes.map((note) => wrap(`Note: ${note}`, width)),
    ['--', content.footer, ...(content.moreCommand === null ? [] : [`All of it: ${content.moreCommand}`])].join('\n'),
  ];
  const left = maxBytes - Buffer.byteLength([...before, ...after].join('\n\n'));
  const sections = fitSections(content.sections, left, { renderFrame, renderRow }).map(renderSection);
  return `${[...before, ...sections, ...after].join('\n\n')}\n`;
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
