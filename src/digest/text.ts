import { capitalised, plural, wrap } from '../text/words.ts';
import { ByteBudget, longestBodyBytes } from './budget.ts';
import type { Digest, DigestRow, DigestSection } from './digest.ts';

const width = 78;

/** The text part: it says all that the HTML part says. */
export function renderText(digest: Digest): string {
  const budget = new ByteBudget(longestBodyBytes);
  const blocks = [
    heading(`Omni API tokens of ${digest.organizationName}`, '='),
    ...(digest.tally === '' ? [] : [wrap(`${capitalised(digest.tally)}.`, width)]),
    ...digest.paragraphs.map((paragraph) => wrap(paragraph, width)),
    ...digest.sections.map((section) => renderSection(section, digest.runId, budget)),
    ...digest.notes.map((note) => wrap(`Note: ${note}`, width)),
    `--\nomni-token-audit, audit ${digest.runId} of ${digest.baseUrl}\nAll of it: omni-token-audit findings --run ${digest.runId}`,
  ];
  return `${blocks.join('\n\n')}\n`;
}

function renderSection(section: DigestSection, runId: number, budget: ByteBudget): string {
  const label = section.severity === null ? section.title : `${section.severity.toUpperCase()}: ${section.title}`;
  const rows = budget.take(section.rows.map(renderRow));
  const leftOut = section.count - rows.length;
  return [
    heading(`${label} (${section.count})`, '-'),
    wrap([section.why, section.act].filter((part) => part !== '').join(' '), width),
    ...rows,
    ...(leftOut > 0 ? [moreLine(leftOut, section, runId)] : []),
  ].join('\n');
}

function moreLine(leftOut: number, { severity }: DigestSection, runId: number): string {
  const command = severity === null ? `tokens --run ${runId}` : `findings --run ${runId}`;
  return `  … and ${plural(leftOut, 'more', 'more')}: omni-token-audit ${command}`;
}

function renderRow(row: DigestRow): string {
  return [
    `  * ${row.name}`,
    ...(row.detail === '' ? [] : [`    ${row.detail}`]),
    ...(row.summary === '' ? [] : [`    ${row.summary}`]),
    ...(row.id === '' ? [] : [`    id ${row.id}`]),
    ...(row.membershipId === null ? [] : [`    owner's membership ${row.membershipId}`]),
    ...(row.command === null ? [] : [`    ${row.command}`]),
  ].join('\n');
}

function heading(text: string, underline: string): string {
  return `${text}\n${underline.repeat(Math.min(width, text.length))}`;
}
