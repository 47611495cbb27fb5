import type { FindingKind } from './catalogue.ts';
import type { Finding, Transition } from './finding.ts';
import type { Severity } from './severity.ts';

/** Findings of one kind, transition and severity. */
export interface FindingGroup {
  kind: FindingKind;
  transition: Transition;
  severity: Severity;
  /** Exact, however many rows are at hand. */
  count: number;
  /** How many tokens they concern; an owner's finding concerns all of the owner's tokens. */
  tokenCount: number;
  /** The first of them. */
  findings: Finding[];
}

/** How many findings of a group are at hand: nobody reads more in a mail. Its counts stay exact. */
export const rowsPerGroup = 50;

/** Sorts findings into groups, in the order in which each group first comes. */
export interface FindingGroups {
  /** The group that a finding belongs to; an empty one where it is the first. */
  of(finding: Pick<Finding, 'kind' | 'transition' | 'severity'>): FindingGroup;
  all(): FindingGroup[];
}

export function createFindingGroups(): FindingGroups {
  const groups = new Map<string, FindingGroup>();
  return {
    of({ kind, transition, severity }) {
      const key = `${kind} ${transition} ${severity}`;
      const group = groups.get(key) ?? { kind, transition, severity, count: 0, tokenCount: 0, findings: [] };
      groups.set(key, group);
      return group;
    },
    all: () => [...groups.values()],
  };
}
