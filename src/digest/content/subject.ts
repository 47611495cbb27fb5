import { visible } from '../../text/visible.ts';
import type { MailContext } from './mail-content.ts';

/** In characters. Mail programs show about half of it on a phone, and hardly one shows more than this. */
const maxLength = 90;
/** Leaves room for what the mail is about. */
const maxNameLength = 26;

/** Something that a subject counts, such as `3 stale`. */
export interface SubjectPart {
  count: number;
  text: string;
}

/** What is said but not counted: `owners unknown`. */
export function uncounted(texts: readonly string[]): SubjectPart[] {
  return texts.map((text) => ({ count: 1, text }));
}

/** How every subject begins, so that mail filters can rely on it. */
export function subjectPrefix({ organizationName }: Pick<MailContext, 'organizationName'>): string {
  const name = [...visible(organizationName)];
  const shown = name.length > maxNameLength ? `${name.slice(0, maxNameLength - 1).join('')}…` : name.join('');
  return `[Omni tokens] ${shown}`;
}

/**
 * `[Omni tokens] Acme (high): 2 new, 1 re-enabled, +4 more`. What does not fit is left out from the end and counted.
 *
 * @param beginning the prefix, with everything that must not be left out
 * @param parts the most important first
 */
export function subjectLine(beginning: string, parts: readonly SubjectPart[]): string {
  const separator = beginning.endsWith(':') ? ' ' : ', ';
  const lineOf = (shown: number): string => {
    const left = parts.slice(shown).reduce((sum, { count }) => sum + count, 0);
    const texts = parts.slice(0, shown).map(({ text }) => text);
    return [beginning, [...texts, ...(left === 0 ? [] : [`+${left} more`])].join(', ')].join(separator);
  };
  if (parts.length === 0) return beginning;
  for (let shown = parts.length; shown > 0; shown -= 1) {
    const line = lineOf(shown);
    if ([...line].length <= maxLength) return line;
  }
  return lineOf(0);
}
