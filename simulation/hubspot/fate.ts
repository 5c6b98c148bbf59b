import type { Answer } from '../../sandbox/hubspot/answers.ts';
import type { Fault } from '../../sandbox/hubspot/faults.ts';
import type { Chance } from '../chance.ts';
import type { Person } from '../people/person.ts';
import type { Host } from '../time/host.ts';

/** What befalls one call. */
export type Fate =
  | { name: string; fault: Fault }
  /** The instance dies: before HubSpot hears of it, when it has taken effect, or when the answer is there. */
  | { name: string; dies: 'before' | 'after the write' | 'after the answer' }
  /** HubSpot says the same in other words. */
  | { name: string; reworded: (answer: Answer) => Answer }
  /** It takes effect so much later, and nobody answers. */
  | { name: string; lateMs: number };

/** A call, as far as it matters for what befalls it. */
export interface FatedCall {
  host: Host;
  method: string;
  path: string;
  person: Person | undefined;
}

/** Asked about every call. The first that has something in store for it is obeyed. */
export type Fates = (call: FatedCall, chance: Chance) => Fate | undefined;
