import { isUtf8 } from 'node:buffer';
import { OperatorError } from '../exit.ts';

/** Far more than an address and a username need; a file without line ends must not fill the memory. */
const LINE_MAX_BYTES = 65_536;

const NEWLINE = 0x0a;

/** One line of a file, without its line end. `text` is undefined where its bytes are not UTF-8. */
export interface Line {
  number: number;
  text: string | undefined;
}

const withoutByteOrderMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text);

function decode(number: number, bytes: Buffer, maxBytes: number): Line {
  if (bytes.length > maxBytes) {
    throw new OperatorError(
      `Line ${number} is longer than ${maxBytes} bytes. Every person needs a line of their own, and lines end in LF or CRLF.`,
    );
  }
  if (!isUtf8(bytes)) return { number, text: undefined };
  const text = bytes.toString('utf8').replace(/\r$/, '');
  return { number, text: number === 1 ? withoutByteOrderMark(text) : text };
}

/**
 * The lines of a file, counted from 1 as editors do, in constant memory.
 *
 * @throws OperatorError when a line is absurdly long.
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  maxBytes = LINE_MAX_BYTES,
): AsyncGenerator<Line, void, undefined> {
  let number = 1;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const tail = chunk.subarray(start, end);
      yield decode(number, rest.length === 0 ? tail : Buffer.concat([rest, tail]), maxBytes);
      number += 1;
      rest = Buffer.alloc(0);
      start = end + 1;
    }
    rest = Buffer.concat([rest, chunk.subarray(start)]);
    if (rest.length > maxBytes) decode(number, rest, maxBytes);
  }
  if (rest.length > 0) yield decode(number, rest, maxBytes);
}
