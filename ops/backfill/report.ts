import * as z from 'zod/mini';
import { EXIT } from '../exit.ts';
import { reportShape } from '../terminal/report.ts';

const count = z.int().check(z.nonnegative());

/** What `send` prints with --json: part of docs/reports.schema.json. What was not reached counts as 0. */
export const sendReport = z.object({
  command: z.literal('send'),
  outcome: z.enum([
    ...(['sent', 'already-sent', 'dry-run', 'invalid', 'incomplete'] as const),
    ...(['declined', 'interrupted', 'error'] as const),
  ]),
  ...reportShape,
  /** Lines that hold a person. */
  people: count,
  /** Put on the queue by this run. */
  sent: count,
  /** Put on the queue by earlier runs. */
  sentBefore: count,
  /** Of this run's, those that an earlier run may have sent when it died. */
  sentAgain: count,
  /** Still to be sent. */
  remaining: count,
});

export type SendReport = z.infer<typeof sendReport>;

/** A report before anything has happened. */
export const emptySend: Omit<SendReport, 'outcome' | 'message'> = {
  command: 'send',
  exitCode: EXIT.ok,
  queue: null,
  people: 0,
  sent: 0,
  sentBefore: 0,
  sentAgain: 0,
  remaining: 0,
  problems: [],
};
