import type { FindingKind } from './catalogue.ts';
import { type Finding, ownerFacts, type Transition } from './finding.ts';
import type { Severity } from './severity.ts';

/** Findings of one kind, transition and severity. */
export interface FindingGroup {
  kind: FindingKind;
  transition: Transition;
  severity: Severity;
  /** The number of all findings of the group. */
  count: number;
  /** How many more there are that the journal has only as a number. */
  others: number;
  /** The number of tokens concerned. A finding about an owner concerns all of the owner's tokens. */
  tokenCount: number;
  /** The findings about the oldest tokens, oldest first, at most `maxRowsPerGroup`. */
  findings: Finding[];
}

/** The number of findings to keep in each group, because nobody reads more in a mail. */
export const maxRowsPerGroup = 50;

/** Groups findings. Keeps only the findings about the oldest tokens of each group, so that memory stays bounded. */
export function groupFindings(findings: Iterable<Finding>): FindingGroup[] {
  const groups = new Map<string, FindingGroup>();
  for (const finding of findings) {
    const { kind, transition, severity } = finding;
    const key = `${kind} ${transition} ${severity}`;
    const group = groups.get(key) ?? { kind, transition, severity, count: 0, others: 0, tokenCount: 0, findings: [] };
    groups.set(key, group);
    group.count += 1;
    group.others += finding.kind === 'mcp-client-new' ? finding.detail.others : 0;
    group.tokenCount += ownerFacts(finding)?.tokenCount ?? 1;
    group.findings.push(finding);
    if (group.findings.length > 2 * maxRowsPerGroup) keepOldest(group);
  }
  for (const group of groups.values()) keepOldest(group);
  return [...groups.keys()].sort().flatMap((key) => groups.get(key) ?? []);
}

function keepOldest(group: FindingGroup): void {
  const createdAt = ({ token }: Finding): string => token?.createdAt ?? '';
  group.findings.sort((a, b) => (createdAt(a) < createdAt(b) ? -1 : Number(createdAt(a) > createdAt(b))));
  group.findings.splice(maxRowsPerGroup);
}
