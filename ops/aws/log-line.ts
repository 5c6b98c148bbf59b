import * as z from 'zod/mini';

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
