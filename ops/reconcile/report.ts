import * as z from 'zod/mini';
import { EXIT } from '../exit.ts';
import { reportShape } from '../terminal/report.ts';

const count = z.int().check(z.nonnegative());

/** What `reconcile` prints with --json: part of docs/reports.schema.json. */
export const reconcileReport = z.object({
  command: z.literal('reconcile'),
  outcome: z.enum([
    ...(['in-order', 'missing', 'sent'] as const),
    ...(['declined', 'incomplete', 'interrupted', 'error'] as const),
  ]),
  ...reportShape,
  userPoolId: z.nullable(z.string()),
  since: z.nullable(z.iso.datetime()),
  /** People compared with HubSpot: confirmed, with a verified address, made or changed since then. */
  checked: count,
  /** Of those, not found in HubSpot by their address. */
  missing: count,
  /** Of those, there without the username, or with an older one. */
  withoutUsername: count,
  /** Put on the queue, by this run and those that it goes on with. */
  sent: count,
  /** People with an address or a username that no message can carry. They are not counted above. */
  unusable: count,
  /** Where the same command goes on; null where there is nothing to go on with. */
  stateFile: z.nullable(z.string()),
});

export type ReconcileReport = z.infer<typeof reconcileReport>;

/** A report but for its end. */
export type Counts = Omit<ReconcileReport, 'outcome' | 'message'>;

/** Before anything has happened. */
export const emptyReconcile: Counts = {
  command: 'reconcile',
  exitCode: EXIT.ok,
  problems: [],
  queue: null,
  userPoolId: null,
  since: null,
  checked: 0,
  missing: 0,
  withoutUsername: 0,
  sent: 0,
  unusable: 0,
  stateFile: null,
};
