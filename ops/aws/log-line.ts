import * as z from 'zod/mini';
import { counted } from '../terminal/text.ts';

const text = z.catch(z.optional(z.string()), undefined);
const number = z.catch(z.optional(z.number()), undefined);

/** A line that a function of ours has printed, as far as commands read it. */
const logLine = z.object({
  timestamp: z.iso.datetime({ offset: true }),
  service: text,
  message: text,
  correlation_id: text,
  person: text,
  sub: text,
  contactId: text,
  noteId: text,
  outcome: text,
  failure: text,
  detail: text,
  reason: text,
  errorCode: text,
  function_request_id: text,
  deliveries: number,
  delaySeconds: number,
  hubspotRequests: number,
  durationMs: number,
  sinceVerifiedMs: number,
});
export type LogLine = z.infer<typeof logLine> & { atMs: number };

/** Reads one; nothing where it is none, such as a line of metrics or of Lambda's own. */
export function readLogLine(line: string): LogLine | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  const read = logLine.safeParse(parsed).data;
  return read && { ...read, atMs: Date.parse(read.timestamp) };
}

/** Parts of a sentence, but for those that there are not. */
export const sentence = (...parts: (string | false | undefined)[]): string =>
  parts.filter((part) => part !== false && part !== undefined && part !== '').join(' ');

/** What a line says, in a sentence or two. */
export function wordsOf(line: LogLine): string {
  const { message = 'A line without a message', outcome, detail, reason, deliveries, delaySeconds } = line;
  const { hubspotRequests, durationMs, noteId, errorCode, failure } = line;
  const delivery = deliveries !== undefined && `Delivery ${deliveries}:`;
  const effort =
    hubspotRequests !== undefined &&
    durationMs !== undefined &&
    `(${counted(hubspotRequests, 'request')}, ${durationMs} ms)`;
  switch (outcome) {
    case undefined:
      return sentence(message, reason !== undefined && `(${reason})`);
    case 'retry': {
      const until = delaySeconds === undefined ? '' : ` for ${counted(delaySeconds, 'second')}`;
      return sentence(delivery, `put back${until}, ${failure ?? 'failed'}.`, detail);
    }
    case 'dead-letter':
      return sentence(delivery, `became a dead letter, ${errorCode ?? 'without a code'}.`, detail);
    default:
      return sentence(delivery, outcome, noteId !== undefined && `with note ${noteId}`, effort);
  }
}
