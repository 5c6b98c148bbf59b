import * as z from 'zod/mini';
import { EXIT, type ExitCode } from '../exit.ts';
import { widthOf, wrapped } from './text.ts';

const PROBLEMS_SHOWN = 20;

/** What is wrong with something. Never quotes it. */
export interface Problem {
  /** Of the file, where there is one. */
  line?: number | undefined;
  /** `line` where it is not one field's. */
  field: string;
  reason: string;
}

/** What a command came to: the one document that `--json` prints, whatever happened. */
export interface Report {
  command: string;
  outcome: string;
  exitCode: ExitCode;
  problems: readonly Problem[];
  /** What happened, for a person. */
  message: string;
}

/** A report before anything has happened: what an error fills in for the rest. */
export type EmptyReport = Omit<Report, 'outcome' | 'message'>;

/** The fields of every document, for its schema. */
export const commonShape = {
  exitCode: z.union([
    z.literal(EXIT.ok),
    z.literal(EXIT.notDone),
    z.literal(EXIT.badInput),
    z.literal(EXIT.interrupted),
  ]),
  problems: z.array(z.object({ line: z.optional(z.int()), field: z.string(), reason: z.string() })),
  message: z.string(),
};

/** The same, of what is about a queue. */
export const reportShape = {
  ...commonShape,
  /** Which queue it is about, with stage, account and region. Null before that is known. */
  queue: z.nullable(z.string()),
};

/** `1 person`, `2 people`. */
export const count = (people: number): string => `${people} ${people === 1 ? 'person' : 'people'}`;

const describe = ({ line, field, reason }: Problem): string => {
  const subject = field === 'line' ? '' : `${field} `;
  return line === undefined ? `  ${subject}${reason}` : `  line ${line}: ${subject}${reason}`;
};

export const printJson = (report: Report): unknown => process.stdout.write(`${JSON.stringify(report)}\n`);

/** A line as lines of so many columns, each with its indent. */
const setTo = (line: string, width: number): string[] => {
  const [indent = ''] = /^ */.exec(line) ?? [];
  return wrapped(line.slice(indent.length), width, indent);
};

/**
 * Prints a report: as text, or with `json` as one line of JSON on standard output and nothing else there.
 *
 * @param body what a person reads in the place of the message, where that is longer
 */
export function printReport(report: Report, json: boolean, body?: string): void {
  const { problems, message, exitCode } = report;
  const shown = problems.slice(0, PROBLEMS_SHOWN).map(describe);
  if (problems.length > shown.length) {
    shown.push(`  and ${problems.length - shown.length} more${json ? '' : ' (--json lists all)'}`);
  }
  if (json) printJson(report);
  const stream = json || (exitCode !== 0 && body === undefined) ? process.stderr : process.stdout;
  const fitting = (text: string) => text.split('\n').flatMap((line) => setTo(line, widthOf(stream)));
  // A body fits already.
  const first = json || body === undefined ? fitting(message) : [body];
  stream.write(`${[...first, ...shown.flatMap(fitting)].join('\n')}\n`);
}

/** How a command ends that has not done all: stopped by somebody, or by something. */
export const endedEarly = (stop: AbortSignal) =>
  stop.aborted
    ? ({ outcome: 'interrupted', exitCode: EXIT.interrupted } as const)
    : ({ outcome: 'incomplete', exitCode: EXIT.notDone } as const);

/** Prints a report, and ends the process with all that is under way. */
export function endNow<Document extends Report>(report: Document, json: boolean): never {
  printReport(report, json);
  process.exit(report.exitCode);
}
