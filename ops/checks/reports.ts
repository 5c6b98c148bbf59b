import * as z from 'zod/mini';
import { EXIT } from '../exit.ts';
import { reportShape } from '../terminal/report.ts';

/** What `doctor` prints with --json: docs/reports.schema.json is made of it. Fields are added, and none is taken away. */
export const doctorReport = z.object({
  command: z.literal('doctor'),
  outcome: z.enum(['healthy', 'unwell', 'declined', 'interrupted', 'error']),
  ...reportShape,
  checks: z.array(
    z.object({
      title: z.string(),
      state: z.enum(['ok', 'failed', 'skipped']),
      /** What was found, or why it could not be asked. */
      detail: z.nullable(z.string()),
      /** What to do, where it failed. */
      advice: z.nullable(z.string()),
    }),
  ),
  failed: z.int().check(z.nonnegative()),
});

export type DoctorReport = z.infer<typeof doctorReport>;

/** The document before anything has happened. */
export const emptyDoctor: Omit<DoctorReport, 'outcome' | 'message'> = {
  command: 'doctor',
  exitCode: EXIT.ok,
  problems: [],
  queue: null,
  checks: [],
  failed: 0,
};
