import { wrap } from '../text/words.ts';
import { type FittedSection, fitSections, reasonAndAct } from './budget.ts';
import type { MailContent, MailRow, MailSection } from './content.ts';

const width = 78;

/** The text part: it says all that the HTML part says. */
export function renderText(content: MailContent): string {
  const blocks = [
    heading(content.heading, '='),
    ...(content.lead === '' ? [] : [wrap(content.lead, width)]),
    ...content.paragraphs.map((paragraph) => wrap(paragraph, width)),
    ...fitSections(content.sections, renderFrame, renderRow).map(renderSection),
    ...content.notes.map((note) => wrap(`Note: ${note}`, width)),
    ['--', content.footer, ...(content.moreCommand === null ? [] : [`All of it: ${content.moreCommand}`])].join('\n'),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function renderFrame(section: MailSection): string {
  const label = section.severity === null ? section.title : `${section.severity.toUpperCase()}: ${section.title}`;
  return `${heading(`${label} (${section.count})`, '-')}\n${wrap(reasonAndAct(section), width)}`;
}

function renderSection({ section, frame, rows, more }: FittedSection): string {
  return [frame, ...rows, ...(more === null ? [] : [`  ${more}${section.moreCommand}`])].join('\n');
}

function renderRow({ title, lines, smallPrint, command }: MailRow): string {
  return [
    `  * ${title}`,
    ...lines.map((line) => wrap(line, width, '    ')),
    ...smallPrint.map((line) => `    ${line}`),
    ...(command === null ? [] : [`    ${command}`]),
  ].join('\n');
}

function heading(text: string, underline: string): string {
  return `${text}\n${underline.repeat(Math.min(width, text.length))}`;
}
