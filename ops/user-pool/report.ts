import * as z from 'zod/mini';
import { EXIT } from '../exit.ts';
import { commonShape } from '../terminal/report.ts';

/** What `trigger` prints with --json: docs/reports.schema.json is made of it. Fields are added, and none is taken away. */
export const triggerReport = z.object({
  command: z.literal('trigger'),
  outcome: z.enum([
    'ours',
    'none',
    'other',
    'changed',
    'unchanged',
    'not-changed',
    'declined',
    'differs',
    'unconfirmed',
    'interrupted',
    'error',
  ]),
  ...commonShape,
  /** Null where nobody has said which, or what was said is none. */
  userPoolId: z.nullable(z.string()),
  /** The function that the pool calls after a confirmation, as last read. */
  postConfirmation: z.nullable(z.string()),
  /** The file with the pool's settings from before the change. */
  savedTo: z.nullable(z.string()),
});

export type TriggerReport = z.infer<typeof triggerReport>;

/** A report before anything has happened. */
export const emptyTriggerReport = {
  command: 'trigger',
  exitCode: EXIT.ok,
  userPoolId: null,
  postConfirmation: null,
  savedTo: null,
  problems: [],
} satisfies Partial<TriggerReport>;
