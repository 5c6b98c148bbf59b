import { type Command, CommanderError, Option } from 'commander';
import type { StageOptions } from './aws/stage.ts';
import { emptySend } from './backfill/report.ts';
import { EXIT, type ExitCode, OperatorError } from './exit.ts';
import { onInterrupt } from './terminal/interrupt.ts';
import { type EmptyReport, endNow, printJson, printReport, type Report } from './terminal/report.ts';
import { usageProblem } from './usage.ts';

/** The options that every command has. */
export interface GlobalOptions extends StageOptions {
  json?: boolean;
}

const documents = new WeakMap<Command, EmptyReport>();

/** Says which document a command prints, and those below it that say nothing themselves, when it fails at its start. */
export const reportsAs = (command: Command, empty: EmptyReport): unknown => documents.set(command, empty);

/** Calls back with the document of each command on the way to the one that runs. */
export function watchDocuments(program: Command, onCommand: (empty: EmptyReport) => void): void {
  program.hook('preSubcommand', (_parent, command) => {
    const empty = documents.get(command);
    if (empty !== undefined) onCommand(empty);
  });
  for (const command of program.commands) watchDocuments(command, onCommand);
}

/** An option that may be given several times, or with several words. */
export const several = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((value: string, before: string[] | undefined) => [
    ...(before ?? []),
    value,
  ]);

/** An option with a value. Commander would take the last value, and drop the others in silence: a person, perhaps. */
export const once = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((value: string, before: string | undefined) => {
    if (before === undefined) return value;
    throw new OperatorError(`${flags.split(' ')[0]} was given twice. Nothing was done.`);
  });

const errorReport = (
  empty: EmptyReport,
  { message, exitCode }: { message: string; exitCode: ExitCode },
): Report => ({ ...empty, outcome: 'error', exitCode, message });

/**
 * Runs a command's action, and leaves its exit code for the process.
 *
 * @param action gets the command's own options and the global ones.
 * @param report what an interrupt prints before the action knows better.
 */
export async function runCommand<Options extends GlobalOptions>(
  command: Command,
  action: (options: Options) => Promise<ExitCode>,
  { empty, message }: { empty: EmptyReport; message: string } = {
    empty: emptySend,
    message: 'Interrupted. Nothing was sent.',
  },
): Promise<void> {
  const options = command.optsWithGlobals<Options>();
  const json = options.json === true;
  onInterrupt(() => {
    endNow({ ...empty, outcome: 'interrupted', exitCode: EXIT.interrupted, message }, json);
  });
  process.exitCode = await action(options);
}

/** What a command came to, and what a person reads in the place of its message. */
export interface Ended {
  report: Report;
  body?: string;
}

/** {@link runCommand} for an action that brings a report: prints it, and ends with its exit code. */
export const runReporting = <Options extends GlobalOptions>(
  command: Command,
  empty: EmptyReport,
  action: (options: Options) => Promise<Ended>,
): Promise<void> =>
  runCommand(
    command,
    async (options: Options) => {
      const { report, body } = await action(options);
      printReport(report, options.json === true, body);
      return report.exitCode;
    },
    { empty, message: 'Interrupted. Nothing was done.' },
  );

/** What an error needs to be told by. */
export interface ErrorContext {
  json: boolean;
  /** The document of the command that it was, before anything has happened. */
  empty: EmptyReport;
  program: Command;
}

/** Ends a command that failed: with a message for the operator, and for `--json` with the same document as ever. */
export function endWithError(error: unknown, { json, empty, program }: ErrorContext): void {
  if (!(error instanceof CommanderError)) {
    const known =
      error instanceof OperatorError
        ? error
        : new OperatorError('The command has failed for a reason that it does not know.', EXIT.notDone);
    printReport(errorReport(empty, known), json);
    // The frames of an unexpected error, and not its message, which may quote what it was about.
    if (known !== error && error instanceof Error) {
      const stack = error.stack?.replace(error.message, '').match(/^ +at .*$/gm) ?? [];
      process.stderr.write(`${[error.name, ...stack].join('\n')}\n`);
    }
    process.exitCode = known.exitCode;
    return;
  }
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.badInput;
  if (error.exitCode === 0) return;
  // Commander has printed the help where a command is missing.
  const noCommand = error.code === 'commander.help';
  const message = noCommand ? 'Which command? --help lists them.' : usageProblem(error, program);
  if (!noCommand) process.stderr.write(`error: ${message}\n(--help explains)\n`);
  if (json) printJson(errorReport(empty, { message, exitCode: EXIT.badInput }));
}
