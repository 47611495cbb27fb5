import { catalogueEntry, findingKinds } from '../domain/finding-catalogue.ts';
import type { FindingGroup } from '../domain/run-report.ts';
import { severities, worst } from '../domain/severity.ts';

/** `1 new, 3 stale`: only what is not zero, in the catalogue's order; empty when there is nothing. */
export function tally(groups: readonly FindingGroup[]): string {
  const count = (chosen: readonly FindingGroup[]): number => chosen.reduce((sum, group) => sum + group.count, 0);
  const news = groups.filter(({ turn }) => turn !== 'resolved');
  const parts = findingKinds.map((kind) => ({
    count: count(news.filter((group) => group.kind === kind)),
    word: catalogueEntry(kind).subjectWord,
  }));
  parts.push({ count: count(groups.filter(({ turn }) => turn === 'resolved')), word: 'resolved' });
  return parts
    .filter((part) => part.count > 0)
    .map((part) => `${part.count} ${part.word}`)
    .join(', ');
}

/** ` (high)` where the worst of the groups is high or critical, for a subject line; else empty. */
export function gravity(groups: readonly FindingGroup[]): string {
  const severity = worst(groups.filter(({ turn }) => turn !== 'resolved').map((group) => group.severity));
  return severity === 'critical' || severity === 'high' ? ` (${severity})` : '';
}

/** Worst first, within a severity in the catalogue's order; what was resolved comes last. */
export function inReadingOrder(groups: readonly FindingGroup[]): FindingGroup[] {
  const rank = ({ severity, turn, kind }: FindingGroup): number =>
    (turn === 'resolved' ? 10_000 : 0) + severities.indexOf(severity) * 100 + findingKinds.indexOf(kind);
  return groups.toSorted((a, b) => rank(a) - rank(b));
}
