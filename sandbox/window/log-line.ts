import * as z from 'zod/mini';

const text = z.optional(z.string());
const number = z.optional(z.number());

const logLine = z.object({
  message: z.string(),
  level: text,
  service: text,
  correlation_id: text,
  sub: text,
  outcome: text,
  detail: text,
  reason: text,
  failure: text,
  delaySeconds: number,
  durationMs: number,
  hubspotRequests: number,
  deliveries: number,
  contactId: text,
  sinceVerifiedMs: number,
  errorCode: text,
});

/** A line that a function has logged. */
export type LogLine = z.infer<typeof logLine>;

/** Undefined where it is none: metrics are lines too, and whatever a process prints at its end. */
export function readLogLine(line: string): LogLine | undefined {
  try {
    return logLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
