import { createInterface } from 'node:readline';

/** Asks on the terminal, on standard error. Anything but yes is no; Ctrl-C reaches the process as ever. */
export async function confirm(question: string): Promise<boolean> {
  process.stderr.write(`${question} [y/N] `);
  const lines = createInterface({ input: process.stdin, terminal: false });
  try {
    for await (const line of lines) return /^y(es)?$/i.test(line.trim());
    return false;
  } finally {
    lines.close();
  }
}
