import { EXIT } from '../exit.ts';
import type { Report } from '../terminal/report.ts';

/** What `trigger` came to. What was not reached is null. */
export interface TriggerReport extends Report {
  command: 'trigger';
  outcome:
    | 'ours'
    | 'none'
    | 'other'
    | 'changed'
    | 'unchanged'
    | 'not-changed'
    | 'declined'
    | 'differs'
    | 'unconfirmed'
    | 'interrupted'
    | 'error';
  userPoolId: string | null;
  /** The function that the pool calls after a confirmation, as last read. */
  postConfirmation: string | null;
  /** The file with the pool's settings from before the change. */
  savedTo: string | null;
}

/** A report before anything has happened. */
export const emptyTriggerReport = {
  command: 'trigger',
  exitCode: EXIT.ok,
  userPoolId: null,
  postConfirmation: null,
  savedTo: null,
  problems: [],
} as const satisfies Partial<TriggerReport>;
