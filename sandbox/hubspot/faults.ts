import type { Call } from './journal.ts';

/** What can go wrong with one call. "The write" is whatever the request asked for, if it asked for any. */
export type Fault =
  /** This answer; with `after`, the write took effect nevertheless. */
  | {
      type: 'status';
      status: number;
      headers?: Record<string, string> | undefined;
      /** An object is sent as JSON, a string as it is. */
      body?: unknown;
      contentType?: string | undefined;
      after?: boolean | undefined;
    }
  /** The call waits before it is handled as usual, whether or not its client is still there by then. */
  | { type: 'delay'; ms: number }
  /** No answer ever. */
  | { type: 'hang'; when: 'before' | 'after' }
  /** The connection is reset. */
  | { type: 'reset'; when: 'before' | 'after' }
  /** A page of the CDN in front of HubSpot, which never heard of the request. */
  | { type: 'html'; status: number }
  /** The write took effect; the connection breaks off half way through the body. */
  | { type: 'truncated' }
  /** The write took effect; a complete answer, but half of the JSON. */
  | { type: 'cut-json' }
  /** The write took effect; no body. Without a status, the usual one. */
  | { type: 'empty'; status?: number | undefined };

/** Which calls a fault strikes; what is left out matches any. */
export interface FaultRule {
  method?: string | undefined;
  /** What the path, with its query, begins with; or an expression found in it. */
  path?: string | RegExp | undefined;
  /** In the body, or of a contact that is addressed or associated; in any case. */
  email?: string | undefined;
  /** How many calls it strikes; 1 when left out, `Infinity` for all. */
  times?: number | undefined;
  do: Fault;
}

/** A rule in force. */
export interface ActiveFault {
  /** How many calls it has struck. */
  readonly struck: number;
  remove(): void;
}

/** The faults to come. Where several rules match, the oldest strikes, and it alone. */
export interface FaultSwitch {
  add(rule: FaultRule): ActiveFault;
  clear(): void;
  /** Uses up one of the rule's times. */
  strike(call: Call): Fault | undefined;
}

function matches({ method, path, email }: FaultRule, call: Call): boolean {
  if (method !== undefined && method.toUpperCase() !== call.method) return false;
  if (typeof path === 'string' && !call.path.startsWith(path)) return false;
  // `search` starts at the beginning every time, whatever the expression's flags.
  if (path instanceof RegExp && call.path.search(path) === -1) return false;
  return email === undefined || call.emails.includes(email.toLowerCase());
}

/** No faults yet. */
export function createFaultSwitch(): FaultSwitch {
  let active: { rule: FaultRule; struck: number }[] = [];
  return {
    add(rule) {
      const entry = { rule, struck: 0 };
      active.push(entry);
      return {
        get struck() {
          return entry.struck;
        },
        remove() {
          active = active.filter((other) => other !== entry);
        },
      };
    },
    clear() {
      active = [];
    },
    strike(call) {
      const entry = active.find(({ rule, struck }) => struck < (rule.times ?? 1) && matches(rule, call));
      if (!entry) return undefined;
      entry.struck += 1;
      return entry.rule.do;
    },
  };
}
