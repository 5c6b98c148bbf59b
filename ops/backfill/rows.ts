import { parse } from 'csv-parse/sync';
import { checkVerification, type Verification } from '../../lib/verification.ts';
import { OperatorError } from '../exit.ts';
import type { Problem } from '../terminal/report.ts';
import { type Line, readLines } from './lines.ts';
import { problemsOf } from './problems.ts';

/** Why a line cannot be sent. */
export type LineProblem = Problem & { line: number };

/** A line that holds something: a verification, or reasons why it does not. */
export type Row = { line: number } & ({ verification: Verification } | { problems: LineProblem[] });

export type Format = 'csv' | 'jsonl';

/** Tells a file's format from its name. */
export function formatOf(path: string): Format {
  if (/\.csv$/i.test(path)) return 'csv';
  if (/\.(jsonl|ndjson)$/i.test(path)) return 'jsonl';
  throw new OperatorError('The file has to end in .csv or .jsonl, so that its format is known.');
}

const bad = (line: number, reason: string): Row => ({ line, problems: [{ line, field: 'line', reason }] });

function check(line: number, value: unknown): Row {
  const checked = checkVerification(value);
  if ('verification' in checked) return { line, ...checked };
  return {
    line,
    problems: problemsOf(checked.problems).map(({ field, reason }) => ({ line, field, reason })),
  };
}

function jsonRow(line: number, text: string): Row {
  try {
    return check(line, JSON.parse(text));
  } catch {
    return bad(line, 'is not JSON');
  }
}

/** Line by line, so that one wrong quote cannot swallow the lines after it. */
function csvFields(text: string): string[] | undefined {
  try {
    const [fields] = parse(text, { record_delimiter: ['\n'], relax_column_count: true });
    return fields;
  } catch {
    return undefined;
  }
}

const COLUMNS = ['email', 'username', 'verifiedAt'] as const;
type Column = (typeof COLUMNS)[number];

function readHeader(text: string | undefined): Column[] {
  const names = text === undefined ? undefined : csvFields(text);
  const columns = COLUMNS.filter((column) => names?.includes(column));
  const semicolons = text !== undefined && /^\uFEFF?"?(email|username|verifiedAt)"?;/.test(text);
  if (semicolons) {
    throw new OperatorError(
      'The columns are separated by semicolons, as spreadsheets do in many countries. They have to be commas: save the file as CSV with commas, in UTF-8. Nothing was sent.',
    );
  }
  if (names?.length !== columns.length || !columns.includes('email') || !columns.includes('username')) {
    throw new OperatorError(
      'Line 1 has to be the header email,username or email,username,verifiedAt, separated by commas and in UTF-8. Nothing was sent.',
    );
  }
  return columns.toSorted((a, b) => names.indexOf(a) - names.indexOf(b));
}

function csvRow(line: number, text: string, columns: readonly Column[]): Row {
  const fields = csvFields(text);
  if (fields === undefined)
    return bad(line, 'has a quotation mark out of place (write "" for " in a quoted field)');
  if (fields.length !== columns.length) {
    const hint = fields.length > columns.length ? ' (a value with a comma in it needs quotation marks)' : '';
    return bad(line, `has ${fields.length} of the header's ${columns.length} columns${hint}`);
  }
  const row = Object.fromEntries(columns.map((column, i) => [column, fields[i]]));
  // An empty cell is how CSV says that there is no value.
  if (row.verifiedAt === '') delete row.verifiedAt;
  return check(line, row);
}

const isBlank = ({ text }: Line): boolean => text !== undefined && text.trim() === '';

/**
 * The rows of a backfill file, empty lines skipped.
 *
 * @throws OperatorError when the file as a whole cannot be read: a CSV file without its header, or a line without end.
 */
export async function* readRows(
  chunks: AsyncIterable<Buffer>,
  format: Format,
): AsyncGenerator<Row, void, undefined> {
  let columns: Column[] | undefined;
  for await (const line of readLines(chunks)) {
    if (format === 'csv' && columns === undefined) {
      columns = readHeader(line.text);
    } else if (line.text === undefined) {
      yield bad(line.number, 'is not UTF-8 (save the file as UTF-8)');
    } else if (!isBlank(line)) {
      yield columns === undefined ? jsonRow(line.number, line.text) : csvRow(line.number, line.text, columns);
    }
  }
}
