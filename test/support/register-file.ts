/** The columns that people fill in, and the id of the token that they are about. */
export interface WrittenRow {
  id: string;
  name?: string;
  type?: string;
  owner?: string;
  created?: string;
  responsible?: string;
  purpose?: string;
  ticket?: string;
  review_by?: string;
  decision?: string;
  decided_by?: string;
  decided_on?: string;
}

export const registerHeader =
  'id,name,type,owner,created,responsible,purpose,ticket,review_by,decision,decided_by,decided_on';

/** Returns the line of a row as an editor would save it, without its line end. */
export function registerRow(row: WrittenRow): string {
  const cells = new Map<string, string>(Object.entries(row));
  return registerHeader
    .split(',')
    .map((column) => csvCell(cells.get(column) ?? ''))
    .join(',');
}

/** Returns a register with one row for each token, whose lines end in LF. */
export function registerFile(...rows: WrittenRow[]): string {
  return [registerHeader, ...rows.map(registerRow), ''].join('\n');
}

/** Quotes a cell that needs it (RFC 4180), and changes nothing else. */
export function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What a row says that approves a token, unless its owner is Bob. */
export const approval = { responsible: 'Ann', decision: 'keep', decided_by: 'Bob', decided_on: '2026-02-01' } as const;

/** So late that no decision of a test is in the future. */
export const lateDay = new Date('2999-12-30T00:00:00.000Z');
