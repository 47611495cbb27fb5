import type { MailContent, MailRow } from '../../src/digest/content/mail-content.ts';

/** A section of a rendered mail, read back by its structure and not by its looks. */
export interface ReadSection {
  /** Without its count. */
  heading: string;
  /** null: it has none. */
  count: number | null;
  /** Rows that are shown. */
  rows: number;
  /** What `… and 12 more` says. */
  leftOut: number;
  /** Readable text of all of it. */
  text: string;
}

/** All markup in its order, as a parser would meet it: tags with their attributes, and comments. */
export function structureOf(html: string): string[] {
  return html.match(/<[^>]*>/g) ?? [];
}

/** What a reader of the HTML part sees, without the style sheet. */
export function readableText(html: string): string {
  return html
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(nbsp|ensp);/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

export function htmlSections(html: string): ReadSection[] {
  return html
    .split(/(?=<h2\b)/)
    .slice(1)
    .flatMap((source) => {
      const [, heading = ''] = /<h2\b[^>]*>([\s\S]*?)<\/h2>/.exec(source) ?? [];
      return section(readableText(heading), countOf(/<h3\b/g, source), readableText(source));
    });
}

export function textSections(text: string): ReadSection[] {
  return text.split('\n\n').flatMap((block) => {
    const [, heading = ''] = /^([^\n]+(?:\n[^\n]+){0,3}?)\n-{3,}(?:\n|$)/.exec(block) ?? [];
    const rows = countOf(/^ {2}\*(?: |$)/gm, block);
    return section(heading.replaceAll('\n', ' '), rows, block);
  });
}

/** What a row says behind this label. */
export function labelled({ facts, prose }: MailRow, label: string): string | undefined {
  return [...facts, ...prose].find((line) => line.startsWith(`${label}: `))?.slice(label.length + 2);
}

/** Everything that a row says. */
export function saidBy({ title, facts, prose, items, smallPrint }: MailRow): string[] {
  return [title, ...facts, ...prose, ...smallPrint, ...items.flatMap(saidBy)];
}

/** Every command that the rows of a mail hold. */
export function commandsOf({ sections }: Pick<MailContent, 'sections'>): string[] {
  return sections
    .flatMap(({ rows }) => rows.flatMap(({ items, command }) => [command, ...items.map((item) => item.command)]))
    .filter((command) => command !== null);
}

function section(heading: string, rows: number, text: string): ReadSection[] {
  if (heading === '') return [];
  const [, name = heading, count = null] = /^(.*) \((\d+)\)$/s.exec(heading) ?? [];
  const leftOut = Number(/… and (\d+) more: /.exec(text)?.[1] ?? 0);
  return [{ heading: name, count: count === null ? null : Number(count), leftOut, text, rows }];
}

function countOf(pattern: RegExp, text: string): number {
  return text.match(pattern)?.length ?? 0;
}
