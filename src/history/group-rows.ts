import type { Finding } from '../rules/finding.ts';
import type { FindingGroup } from '../rules/finding-groups.ts';
import { createFindingGroups } from '../rules/finding-groups.ts';
import type { FindingRow } from '../store/findings.ts';

/** A row that knows how many rows its group has in all, and how many tokens they concern. */
export interface GroupedRow extends FindingRow {
  groupCount: number;
  groupTokenCount: number;
}

/** Rows in their groups, of which only the first may be among them. */
export function groupRows<Row extends GroupedRow>(
  rows: readonly Row[],
  convert: (row: Row) => Finding,
): FindingGroup[] {
  const groups = createFindingGroups();
  for (const row of rows) {
    const group = groups.of(row);
    group.count = row.groupCount;
    group.tokenCount = row.groupTokenCount;
    group.findings.push(convert(row));
  }
  return groups.all();
}
