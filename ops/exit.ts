/** The exit codes of every command, as `--help` lists them. */
export const EXIT = {
  ok: 0,
  /** Not all of it was done, or something is wrong. */
  notDone: 1,
  /** Wrong use or settings: nothing was done. */
  badInput: 2,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * Ends a command with a message for the operator. The message never holds an address or a username, and so nothing that
 * was typed, be it a file's name: it may stand where the other belongs.
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.badInput) {
    super(message);
    this.exitCode = exitCode;
  }
}
