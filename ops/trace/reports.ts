import * as z from 'zod/mini';
import { EXIT } from '../exit.ts';
import { reportShape } from '../terminal/report.ts';

/* What `trace` prints with --json: docs/reports.schema.json is made of it. Fields are added, and none is taken away. */

const time = z.iso.datetime();
const nullableText = z.nullable(z.string());

const event = z.object({
  at: time,
  source: z.enum(['publish-verification', 'sync-contact', 'reconcile', 'dead-letters', 'hubspot']),
  text: z.string(),
  /** Of the message that it is about. */
  messageId: nullableText,
});

export const traceReport = z.object({
  command: z.literal('trace'),
  outcome: z.enum(['found', 'unknown', 'interrupted', 'error']),
  ...reportShape,
  state: z.nullable(
    z.enum([
      'created',
      'updated',
      'unchanged',
      'superseded',
      'waiting',
      'due',
      'on-the-queue',
      'not-published',
      'dead-letter',
      'was-dead-letter',
      'in-hubspot',
      'unknown',
    ]),
  ),
  summary: nullableText,
  /** Oldest first. */
  events: z.array(event),
  /** Until when a message of theirs backs off. Null where none does, or where it cannot be known. */
  waitsUntil: z.nullable(time),
  /** The card; null where HubSpot has none, or could not be asked. */
  contact: z.nullable(
    z.object({
      id: z.string(),
      /** Masked, without --reveal. */
      username: nullableText,
      leadSourceType: nullableText,
      createdAt: time,
      notes: z.int().check(z.nonnegative()),
    }),
  ),
  /** What could not be told, and why. */
  notTold: z.array(z.string()),
});

export type TraceReport = z.infer<typeof traceReport>;
export type TraceEvent = z.infer<typeof event>;
export type TraceState = NonNullable<TraceReport['state']>;

/** The document before anything has happened. */
export const emptyTrace: Omit<TraceReport, 'outcome' | 'message'> = {
  command: 'trace',
  exitCode: EXIT.ok,
  problems: [],
  queue: null,
  state: null,
  summary: null,
  events: [],
  waitsUntil: null,
  contact: null,
  notTold: [],
};
