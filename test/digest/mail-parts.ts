import type { MailContent, MailRow } from '../../src/digest/content/mail-content.ts';

/** A section of a rendered mail, read back by its structure and not by its looks. */
export interface ReadSection {
  /** Without its count. */
  heading: string;
  count: number;
  layout: 'card' | 'table' | 'list' | 'none';
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
      return section(readableText(heading), htmlRows(source), readableText(source));
    });
}

export function textSections(text: string): ReadSection[] {
  return text.split('\n\n').flatMap((block) => {
    const [, heading = ''] = /^([^\n]+(?:\n[^\n]+){0,3}?)\n-{3,}(?:\n|$)/.exec(block) ?? [];
    const rows = countOf(/^ {2}\*(?: |$)/gm, block);
    return section(heading.replaceAll('\n', ' '), { layout: 'none', rows }, block);
  });
}

/** The facts of a row, by their labels. */
export function factsOf({ facts }: MailRow): Record<string, string> {
  return Object.fromEntries(facts.map(({ label, value }) => [label, value]));
}

/** Everything that a row says. */
export function saidBy({ title, facts, items, smallPrint }: MailRow): string[] {
  return [
    title,
    ...facts.flatMap(({ value, short }) => [value, short ?? '']),
    ...items.flatMap((item) => [item.title, item.detail, item.smallPrint]),
    ...smallPrint,
  ];
}

/** Every command that the rows of a mail hold. */
export function commandsOf({ sections }: Pick<MailContent, 'sections'>): string[] {
  return sections
    .flatMap(({ rows }) => rows.flatMap(({ items, command }) => [command, ...items.map((item) => item.command)]))
    .filter((command) => command !== null);
}

function section(heading: string, shown: Pick<ReadSection, 'layout' | 'rows'>, text: string): ReadSection[] {
  const [, name, count] = /^(.*) \((\d+)\)$/s.exec(heading) ?? [];
  if (name === undefined) return [];
  const leftOut = Number(/… and (\d+) more: /.exec(text)?.[1] ?? 0);
  return [{ heading: name, count: Number(count), leftOut, text, ...shown }];
}

/** Cards have headings of their own; a table of rows is the one that is no mere frame. */
function htmlRows(source: string): Pick<ReadSection, 'layout' | 'rows'> {
  const table = /<table(?![^>]*role="presentation")[^>]*>[\s\S]*?<\/table>/.exec(source)?.[0];
  if (table !== undefined) return { layout: 'table', rows: countOf(/<tr\b/g, table) - 1 };
  const cards = countOf(/<h3\b/g, source);
  if (cards > 0) return { layout: 'card', rows: cards };
  const lines = countOf(/<li\b/g, source);
  return lines > 0 ? { layout: 'list', rows: lines } : { layout: 'none', rows: 0 };
}

function countOf(pattern: RegExp, text: string): number {
  return text.match(pattern)?.length ?? 0;
}
