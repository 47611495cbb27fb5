import { catalogueEntry, findingKinds } from '../../rules/catalogue.ts';
import type { FindingGroup } from '../../rules/finding-groups.ts';
import { severities, worst } from '../../rules/severity.ts';
import type { SubjectPart } from './subject.ts';

/** `1 new, 3 stale`, in parts: only what is not zero, worst first; what was resolved comes last. */
export function tally(groups: readonly FindingGroup[]): SubjectPart[] {
  const counts = new Map<string, { count: number; words: string }>();
  const add = (word: string, count: number, words = word): void =>
    void counts.set(word, { count: (counts.get(word)?.count ?? 0) + count, words });
  for (const { kind, count, others, tokenCount } of inReadingOrder(groups)) {
    const { subjectWord, subjectWords, countsTokens } = catalogueEntry(kind);
    add(subjectWord, countsTokens ? tokenCount : count + others, subjectWords);
  }
  for (const { transition, count } of groups) if (transition === 'resolved') add('resolved', count);
  return [...counts].map(([word, { count, words }]) => ({ count, text: `${count} ${count === 1 ? word : words}` }));
}

/** The parts as a sentence says them. */
export function partsText(parts: readonly SubjectPart[]): string {
  return parts.map(({ text }) => text).join(', ');
}

/** ` (high)` where the worst of the groups is high or critical, for a subject line; else empty. */
export function gravity(groups: readonly FindingGroup[]): string {
  const severity = worst(groups.filter(({ transition }) => transition !== 'resolved').map((group) => group.severity));
  return severity === 'critical' || severity === 'high' ? ` (${severity})` : '';
}

/** Whether something critical is among them, also if it was resolved. */
export function isCritical(groups: readonly FindingGroup[]): boolean {
  return groups.some(({ severity }) => severity === 'critical');
}

/** What is bad, worst first, within a severity in the catalogue's order; without what was resolved. */
export function inReadingOrder(groups: readonly FindingGroup[]): FindingGroup[] {
  const rank = ({ severity, kind }: FindingGroup): number =>
    severities.indexOf(severity) * 100 + findingKinds.indexOf(kind);
  return groups.filter(({ transition }) => transition !== 'resolved').sort((a, b) => rank(a) - rank(b));
}
