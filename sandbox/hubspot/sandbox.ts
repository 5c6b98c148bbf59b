import type { FaultSwitch } from './faults.ts';
import type { Call, Journal } from './journal.ts';
import type { Limits } from './limits.ts';
import type { Portal } from './portal.ts';
import type { Settings } from './settings.ts';

/** How far a call has come: see {@link HubSpotSandbox.onCall}. */
export type CallPhase = 'received' | 'applied' | 'answered' | 'unanswered';

/** A HubSpot account that lives in this process and answers over real HTTP. */
export interface HubSpotSandbox {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly portal: Portal;
  readonly faults: FaultSwitch;
  readonly journal: Journal;
  readonly settings: Settings;
  readonly limits: Pick<Limits, 'used'>;
  /**
   * Told about every call to `/crm`, and waited for: `received` before anything happens; `applied` when the operation
   * took effect (a read or a refused write has none, and counts too) and before a byte of the answer is sent, but not
   * where the operation was never reached; `answered` when the whole answer has been flushed, or `unanswered` when that
   * will never be.
   */
  onCall: ((call: Call, phase: CallPhase) => void | Promise<void>) | undefined;
  /** As if just started, but for the port: no data, faults, journal or hook; calls under way are cut off. */
  reset(): void;
  /** Ends open sockets at once. */
  close(): Promise<void>;
}
