/** One request to `/crm`, and what came of it. */
export interface Call {
  /** 1 for the first since the last reset. */
  readonly number: number;
  /** When it arrived, in milliseconds since 1970 by the machine's clock. */
  readonly at: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** As it came. */
  readonly body: string;
  /** Names in lower case. Of `authorization` only what it was is kept: `right`, `wrong` or `malformed`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Which TCP connection it came by, counted from 1: equal numbers mean that it was kept alive. */
  readonly socket: number;
  /** The people it concerns, in lower case: by an address in the body, or as contacts addressed or associated. */
  readonly emails: readonly string[];
  /** The status sent, even if only half of the answer was; `pending` until that is decided. */
  status: number | 'hang' | 'reset' | 'pending';
  /** The body of the answer, as it was to be sent; undefined where there is none. */
  answer?: string;
}

/** Every request to `/crm` since the last reset, refused ones included, in the order of arrival. */
export interface Journal {
  entries(): readonly Call[];
  /** The requests that concern this person, under any address of the contact at that time. */
  forEmail(email: string): readonly Call[];
  clear(): void;
  record(call: Omit<Call, 'number' | 'status'>): Call;
}

/** An empty journal. */
export function createJournal(): Journal {
  let calls: Call[] = [];
  return {
    entries: () => [...calls],
    forEmail: (email) => calls.filter(({ emails }) => emails.includes(email.toLowerCase())),
    clear() {
      calls = [];
    },
    record(received) {
      const call: Call = { number: calls.length + 1, ...received, status: 'pending' };
      calls.push(call);
      return call;
    },
  };
}
