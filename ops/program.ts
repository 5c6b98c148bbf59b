import { type Command, CommanderError, Option } from 'commander';
import { EXIT, type ExitCode, OperatorError } from './exit.ts';
import { onInterrupt } from './interrupt.ts';
import { emptyReport, endNow, printJson, printReport, type SendReport } from './report.ts';
import { usageProblem } from './usage.ts';

/** The options that every command has. */
export interface GlobalOptions {
  queueUrl?: string;
  json?: boolean;
}

/** An option with a value. Commander would take the last value, and drop the others in silence: a person, perhaps. */
export const once = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((value: string, before: string | undefined) => {
    if (before === undefined) return value;
    throw new OperatorError(`${flags.split(' ')[0]} was given twice. Nothing was sent.`);
  });

const errorReport = ({ message, exitCode }: { message: string; exitCode: ExitCode }): SendReport => ({
  ...emptyReport,
  outcome: 'error',
  exitCode,
  message,
});

/**
 * Runs a command's action, and leaves its exit code for the process.
 *
 * @param action gets the command's own options and the global ones.
 */
export async function runCommand<Options extends GlobalOptions>(
  command: Command,
  action: (options: Options) => Promise<ExitCode>,
): Promise<void> {
  const options = command.optsWithGlobals<Options>();
  const json = options.json === true;
  onInterrupt(() => {
    const message = 'Interrupted. Nothing was sent.';
    endNow({ ...emptyReport, outcome: 'interrupted', exitCode: EXIT.interrupted, message }, json);
  });
  process.exitCode = await action(options);
}

/** Ends a command that failed: with a message for the operator, and for `--json` with the same document as ever. */
export function endWithError(error: unknown, json: boolean, program: Command): void {
  if (!(error instanceof CommanderError)) {
    const known =
      error instanceof OperatorError
        ? error
        : new OperatorError('The command has failed for a reason that it does not know.', EXIT.notSent);
    printReport(errorReport(known), json);
    // The frames of an unexpected error, and not its message, which may quote what it was about.
    if (known !== error && error instanceof Error) {
      process.stderr.write(`${error.name}\n${error.stack?.match(/^ +at .*$/gm)?.join('\n')}\n`);
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
  if (json) printJson(errorReport({ message, exitCode: EXIT.badInput }));
}
