import type { Finding } from './finding.ts';
import type { FindingGroup } from './run-report.ts';

/** More of a group would not be read in a mail; its counts stay exact. */
export const rowsPerGroup = 50;

/** Findings of one kind, turn and severity, a group each, in the order in which they first come. */
export interface FindingGroups {
  /** The group that a finding belongs to; an empty one where it is the first. */
  of(finding: Pick<Finding, 'kind' | 'turn' | 'severity'>): FindingGroup;
  all(): FindingGroup[];
}

export function createFindingGroups(): FindingGroups {
  const groups = new Map<string, FindingGroup>();
  return {
    of({ kind, turn, severity }) {
      const key = `${kind} ${turn} ${severity}`;
      const group = groups.get(key) ?? { kind, turn, severity, count: 0, tokenCount: 0, findings: [] };
      groups.set(key, group);
      return group;
    },
    all: () => [...groups.values()],
  };
}
