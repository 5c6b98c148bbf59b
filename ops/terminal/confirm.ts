import { createInterface } from 'node:readline';
import { OperatorError } from '../exit.ts';

/** Asks on the terminal, on standard error. Anything but yes is no; Ctrl-C reaches the process as ever. */
async function confirm(question: string): Promise<boolean> {
  process.stderr.write(`${question} [y/N] `);
  const lines = createInterface({ input: process.stdin, terminal: false });
  try {
    for await (const line of lines) return /^y(es)?$/i.test(line.trim());
    return false;
  } finally {
    lines.close();
  }
}

/**
 * Whether the operator agrees: by `--yes`, or by answering the question.
 *
 * @throws OperatorError when there is nobody to ask.
 */
export async function agreed(question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true;
  if (process.stdin.isTTY) return confirm(question);
  throw new OperatorError('Nothing was changed: there is no terminal to ask on. --yes answers beforehand.');
}
