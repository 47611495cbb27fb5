import type { Finding } from '../domain/finding.ts';
import type { FindingGroup } from '../domain/run-report.ts';
import type { FindingRow } from './findings.ts';

/** A row that knows how many rows its group has in all, and how many tokens they concern. */
export interface GroupedRow extends FindingRow {
  groupCount: number;
  groupTokenCount: number;
}

/** Rows of one kind, turn and severity become one group, in the order in which they come. */
export function groupFindings<Row extends GroupedRow>(
  rows: readonly Row[],
  convert: (row: Row) => Finding,
): FindingGroup[] {
  const groups = new Map<string, FindingGroup>();
  for (const row of rows) {
    const { kind, turn, severity, groupCount, groupTokenCount } = row;
    const key = `${kind} ${turn} ${severity}`;
    const group = groups.get(key) ?? {
      kind,
      turn,
      severity,
      count: groupCount,
      tokenCount: groupTokenCount,
      findings: [],
    };
    group.findings.push(convert(row));
    groups.set(key, group);
  }
  return [...groups.values()];
}
