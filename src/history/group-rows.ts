import type { Finding } from '../rules/finding.ts';
import { createFindingGroups, type FindingGroup } from '../rules/finding-groups.ts';
import { integer, type RowOf } from '../store/statement.ts';

/** How many rows the group of a row has, how many tokens they are about, and which of them this is. */
export const groupCounts = { groupCount: integer, groupTokenCount: integer, position: integer };

/** Groups findings. The counts are exact, though only the first rows of each group may be given. */
export function groupRows<Row extends RowOf<typeof groupCounts>>(
  rows: readonly Row[],
  toFinding: (row: Row) => Finding,
): FindingGroup[] {
  const groups = createFindingGroups();
  for (const row of rows) {
    const finding = toFinding(row);
    const group = groups.of(finding);
    group.count = row.groupCount;
    group.tokenCount = row.groupTokenCount;
    group.findings.push(finding);
  }
  return groups.all();
}
