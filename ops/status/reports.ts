import * as z from 'zod/mini';
import { EXIT } from '../exit.ts';
import { reportShape } from '../terminal/report.ts';

/* What `status` prints with --json: docs/reports.schema.json is made of it. Fields are added, and none is taken away. */

const count = z.int().check(z.nonnegative());

const depth = z.object({
  waiting: count,
  /** In somebody's hands, or backing off. */
  inFlight: count,
  /** Null where nobody tells. */
  oldestSeconds: z.nullable(count),
});

export const statusReport = z.object({
  command: z.literal('status'),
  outcome: z.enum(['told', 'interrupted', 'error']),
  ...reportShape,
  /** Where it is: what `queue` is in other documents. */
  where: z.nullable(z.string()),
  queue: z.nullable(depth),
  deadLetters: z.nullable(depth),
  reasons: z.array(z.object({ errorCode: z.nullable(z.string()), reason: z.string(), count })),
  /** The event source mapping's state, such as `Enabled`. */
  eventSource: z.nullable(z.string()),
  lastHour: z.nullable(
    z.object({
      created: count,
      updated: count,
      notes: count,
      superseded: count,
      retried: count,
      deadLetters: count,
      published: count,
      notPublished: count,
      /** From the verification to the card; null where there was nobody. */
      medianSeconds: z.nullable(z.number()),
    }),
  ),
  /** What could not be told, and why. */
  notTold: z.array(z.string()),
});

export type StatusReport = z.infer<typeof statusReport>;
export type Depth = z.infer<typeof depth>;
export type LastHour = NonNullable<StatusReport['lastHour']>;

/** The document before anything has happened. */
export const emptyStatus: Omit<StatusReport, 'outcome' | 'message'> = {
  command: 'status',
  exitCode: EXIT.ok,
  problems: [],
  where: null,
  queue: null,
  deadLetters: null,
  reasons: [],
  eventSource: null,
  lastHour: null,
  notTold: [],
};
