import { createHash } from 'node:crypto';
import { personHash } from '../../lib/person.ts';
import { type Format, type LineProblem, readRows } from './rows.ts';

/** What the first pass over a file found. */
export interface CheckedFile {
  sha256: string;
  /** Lines that hold a person, good or bad. */
  people: number;
  lastLine: number;
  problems: LineProblem[];
}

/**
 * Finds the lines that hold an address for the second time. Two usernames for one address cannot both be right, and
 * the second would overwrite the first in HubSpot.
 *
 * An address is kept as 52 bits of its hash (which a double holds), some 50 bytes a line. Among 100,000 addresses two
 * share their 52 bits, and are reported wrongly, in one file out of a million.
 */
function repetitions() {
  const firstLine = new Map<number, number>();
  return (email: string, line: number): number | undefined => {
    const key = Number.parseInt(personHash(email).slice(0, 13), 16);
    const first = firstLine.get(key);
    if (first === undefined) firstLine.set(key, line);
    return first;
  };
}

/** Reads a whole file, and reports every line that cannot be sent. */
export async function checkFile(chunks: AsyncIterable<Buffer>, format: Format): Promise<CheckedFile> {
  const hash = createHash('sha256');
  const seen = repetitions();
  const file = { people: 0, lastLine: 0, problems: [] as LineProblem[] };
  async function* hashed() {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  }
  for await (const row of readRows(hashed(), format)) {
    file.people += 1;
    file.lastLine = row.line;
    if ('problems' in row) {
      file.problems.push(...row.problems);
      continue;
    }
    const first = seen(row.verification.email, row.line);
    if (first !== undefined) {
      file.problems.push({ line: row.line, field: 'email', reason: `is the address of line ${first} again` });
    }
  }
  return { ...file, sha256: hash.digest('hex') };
}
