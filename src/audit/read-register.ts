import { CsvError, parse } from 'csv-parse/sync';
import { readTextFile } from '../config/text-file.ts';
import { type RegisterDecision, registerColumns, registerDecisions } from '../rules/register.ts';
import type { ReadRegister, RegisterRow } from '../store/register.ts';
import { withoutGuards } from '../text/csv.ts';
import { quoted } from '../text/visible.ts';
import { capitalised } from '../text/words.ts';
import { dayInZone, endOfDayIn, plusDays } from '../time/calendar-day.ts';
import { createZone, type Zone } from '../time/zone.ts';

/** The limit protects our memory. It has room for more than 100,000 rows of 300 bytes. */
const maxKilobytes = 32 * 1024;
const maxRows = 200_000;
/** A printed row is shorter, whatever is in it. csv-parse has no limit for the number of cells. */
const maxLineLength = 100_000;
const maxCellLength = 500;

/** Reads the register. A file that is wrong is never an error, because it must not stop an audit. @param path null: none */
export function readRegister(path: string | null, timeZone: string, now: Date): ReadRegister {
  if (path === null) return { kind: 'none' };
  const file = readTextFile(path, maxKilobytes);
  if ('problem' in file) {
    const { problem, hint } = file.exists ? file : thereIsNone;
    return { kind: 'broken', problem: `TOKEN_REGISTER_FILE: ${problem}`, hint: capitalised(hint) };
  }
  return parseRegister(file.text, timeZone, now);
}

const thereIsNone = { problem: 'there is no such file', hint: 'correct the path, or mount the folder of the file' };

/** Why the file is wrong; `line` is counted from 1. */
class RegisterError extends Error {
  constructor(line: number | null, problem: string, hint: string) {
    super(`TOKEN_REGISTER_FILE${line === null ? '' : `, line ${line}`}: ${problem}`);
    this.hint = hint;
  }

  readonly hint: string;
}

/** Parses a register: CSV (RFC 4180) in UTF-8, with the columns of `registerColumns` in any order. */
export function parseRegister(text: string, timeZone: string, now: Date): ReadRegister {
  try {
    const lines = text.replaceAll(/\r\n?/g, '\n');
    refuseLongLines(lines);
    const [header] = parseCsv(lines, 1);
    if (header === undefined) {
      throw new RegisterError(
        null,
        'the file is empty',
        'Restore it from Git, or print it again with `omni-token-audit register`',
      );
    }
    // Before the rows, because a wrong first line makes all of them look wrong.
    const cellOf = columnReader(header);
    const [, ...all] = parseCsv(lines, 1 + maxRows + 1);
    // Spreadsheets write lines of commas after the last row.
    const records = all.filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
    if (records.length > maxRows) throw new RegisterError(null, `it has more than ${maxRows} rows`, 'Remove rows');
    const rows = new Map<string, RegisterRow>();
    const linesById = new Map<string, number>();
    const zone = createZone(timeZone);
    const tomorrow = plusDays(dayInZone(zone, now), 1);
    for (const { cells, line } of records) {
      const id = idOf(cellOf(cells, 'id'), line);
      const other = linesById.get(id);
      if (other !== undefined) {
        throw new RegisterError(line, `the id ${quoted(id)} is also on line ${other}`, 'Remove one of the two rows');
      }
      linesById.set(id, line);
      rows.set(
        id,
        rowOf((column) => cellOf(cells, column), line, zone, tomorrow),
      );
    }
    return { kind: 'read', rows };
  } catch (error) {
    if (!(error instanceof RegisterError)) throw error;
    return { kind: 'broken', problem: error.message, hint: error.hint };
  }
}

function refuseLongLines(text: string): void {
  for (let line = 1, start = 0, end = 0; end !== -1; line += 1, start = end + 1) {
    end = text.indexOf('\n', start);
    if ((end === -1 ? text.length : end) - start <= maxLineLength) continue;
    throw new RegisterError(line, `it is longer than ${maxLineLength} characters`, 'Shorten it');
  }
}

interface CsvRecord {
  cells: string[];
  /** Where the record begins, counted from 1. */
  line: number;
}

/** Returns the first records. Empty lines are none. */
function parseCsv(text: string, maxRecords: number): CsvRecord[] {
  let [lastLine, emptyLines] = [0, 0];
  /** Returns where a record begins. A quote that is not closed is found out only many lines later. */
  const firstLineOf = (info: { lines: number; empty_lines: number }): number => {
    const line = lastLine + 1 + info.empty_lines - emptyLines;
    [lastLine, emptyLines] = [info.lines, info.empty_lines];
    return line;
  };
  const records: CsvRecord[] = [];
  try {
    parse(text, {
      bom: true,
      record_delimiter: '\n',
      skip_empty_lines: true,
      relax_column_count: false,
      to: maxRecords,
      on_record(cells: string[], info) {
        records.push({ cells, line: firstLineOf(info) });
        return null;
      },
    });
    return records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new RegisterError(
      firstLineOf({ lines: Number(error.lines), empty_lines: Number(error.empty_lines) }),
      csvProblems[error.code] ?? 'it is not valid CSV',
      'Correct the line, with commas between cells and quotes around a cell that contains a comma or a quote',
    );
  }
}

const csvProblems: Partial<Record<string, string>> = {
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: 'it has more or fewer cells than the first line',
  CSV_RECORD_INCONSISTENT_COLUMNS: 'it has more or fewer cells than the first line',
  CSV_QUOTE_NOT_CLOSED: 'a quote is not closed',
  CSV_INVALID_CLOSING_QUOTE: 'there is text after a closing quote',
  INVALID_OPENING_QUOTE: 'there is a quote inside a cell that has no quotes around it',
};

type RegisterColumn = (typeof registerColumns)[number];
type CellReader = (cells: readonly string[], column: RegisterColumn) => string;

/** Finds the columns by their names in the first line. */
function columnReader({ cells, line }: CsvRecord): CellReader {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  if (names.length === 1 && /[;\t]/.test(names[0] ?? '')) {
    throw new RegisterError(line, 'the cells are not separated by commas', 'Save the file as CSV with commas');
  }
  const hint = `Use these columns: ${registerColumns.join(', ')}`;
  const missing = registerColumns.find((column) => !names.includes(column));
  if (missing !== undefined) throw new RegisterError(line, `the column ${missing} is missing`, hint);
  const surplus = names.find((name, index) => !isColumn(name) || names.indexOf(name) !== index);
  if (surplus !== undefined) {
    const problem = isColumn(surplus)
      ? `the column ${surplus} comes twice`
      : `the column ${quoted(surplus, 40)} is unknown`;
    throw new RegisterError(line, problem, hint);
  }
  const places = new Map(registerColumns.map((column) => [column, names.indexOf(column)]));
  return (cells, column) => cells[places.get(column) ?? -1] ?? '';
}

function isColumn(name: string): boolean {
  return (registerColumns as readonly string[]).includes(name);
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** UUIDs are stored in lower case. An id that is none of Omni's only means that the row is about no token. */
function idOf(cell: string, line: number): string {
  const id = withoutGuards(cell).trim();
  if (/^[\w.:-]{1,128}$/.test(id)) return uuid.test(id) ? id.toLowerCase() : id;
  const problem = id === '' ? 'the id is missing' : `the id ${quoted(id, 40)} is not an id`;
  throw new RegisterError(line, problem, 'Copy the id from `omni-token-audit tokens`, or remove the row');
}

/** @param tomorrow the last day on which something can have been decided anywhere */
function rowOf(cellOf: (column: RegisterColumn) => string, line: number, zone: Zone, tomorrow: string): RegisterRow {
  const text = (column: RegisterColumn): string => {
    // The database would change half of a surrogate pair, and every audit would find a changed row.
    const value = withoutGuards(cellOf(column)).toWellFormed().trim();
    if (value.length <= maxCellLength) return value;
    throw new RegisterError(line, `${column} is longer than ${maxCellLength} characters`, 'Shorten it');
  };
  const day = (column: RegisterColumn): string | null => {
    const value = text(column);
    if (value === '') return null;
    if (/^2\d{3}-\d{2}-\d{2}$/.test(value) && plusDays(value, 0) === value) return value;
    throw new RegisterError(
      line,
      `${column} ${quoted(value, 40)} is not a day`,
      'Use the form YYYY-MM-DD, with a year from 2000 to 2999, or leave it empty',
    );
  };
  const reviewBy = day('review_by');
  const decidedOn = day('decided_on');
  if (decidedOn !== null && decidedOn > tomorrow) {
    throw new RegisterError(line, `decided_on ${quoted(decidedOn)} is in the future`, 'Use the day of the decision');
  }
  return {
    responsible: text('responsible'),
    purpose: text('purpose'),
    ticket: text('ticket'),
    reviewBy,
    overdueAt: reviewBy === null ? null : endOfDayIn(zone, reviewBy).toISOString(),
    decision: decisionOf(text('decision'), line),
    decidedBy: text('decided_by'),
    decidedOn,
    isVanished: false,
  };
}

function decisionOf(value: string, line: number): RegisterDecision | null {
  if (value === '') return null;
  const decision = registerDecisions.find((known) => known === value.toLowerCase());
  if (decision !== undefined) return decision;
  throw new RegisterError(line, `decision ${quoted(value, 40)} is unknown`, 'Use keep or revoke, or leave it empty');
}
