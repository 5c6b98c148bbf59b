import type { Command } from 'commander';
import { type ExitCode, OperatorError } from './exit.ts';

/** The options that every command has. */
export interface GlobalOptions {
  queueUrl?: string;
  json?: boolean;
}

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
  try {
    process.exitCode = await action(options);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const { message, exitCode } = error;
    if (options.json) {
      process.stdout.write(
        `${JSON.stringify({ command: command.name(), outcome: 'error', exitCode, message })}\n`,
      );
    }
    process.stderr.write(`${message}\n`);
    process.exitCode = exitCode;
  }
}
