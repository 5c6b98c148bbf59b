import { type RateShare, rateShare } from '../../lib/hubspot/rate-share.ts';
import { type Answer, type Send, transport } from '../../lib/hubspot/transport.ts';
import { type LiveSettings, TICKET_OWNERS } from './settings.ts';

/** A tenth of what HubSpot allows a key or an app: whoever else uses it does not notice. */
export const gentleShare = (
  ...clock: Parameters<typeof rateShare> extends [number, ...infer Rest] ? Rest : never
) => rateShare(19, ...clock);

/** One call and what came back. */
export interface Exchange {
  method: string;
  path: string;
  status: number;
  headers: Answer['headers'];
  /** JSON, or the text itself where it is none. */
  body: unknown;
}

/** HubSpot over real HTTP: for the client in lib/, and for calls that it never makes. */
export interface Wire {
  /** Owners replaced by those of the account, everything noted. */
  send: Send;
  /** @throws DeliveryError when no complete answer comes, or no call may start any more. */
  call(method: string, path: string, body?: unknown): Promise<Exchange>;
  /** Everything so far, in order. */
  readonly exchanges: readonly Exchange[];
  /** The same connection for other calls: those that clean up after an interruption. */
  under(mayStart: AbortSignal): Wire;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** @param share the rate at which calls go out, all of them together */
export function connect(
  { accessToken, baseUrl, owners }: LiveSettings,
  share: RateShare,
  onExchange: (exchange: Exchange) => void,
): (mayStart: AbortSignal) => Wire {
  // Not as lib/ does it, which makes no more calls once one was forbidden: owners may be, and nothing else.
  const deliver = transport({ share, timeoutMs: 30_000 });
  const exchanges: Exchange[] = [];

  const ownersReplaced = (body: string | undefined) =>
    body
      ?.replaceAll(`"${TICKET_OWNERS.contact}"`, `"${owners.contact}"`)
      .replaceAll(`"${TICKET_OWNERS.note}"`, `"${owners.note}"`);

  const noted = (method: string, url: string, { status, headers, body }: Answer): Exchange => {
    const { pathname, search } = new URL(url);
    const exchange = { method, path: pathname + search, status, headers, body: parsed(body) };
    exchanges.push(exchange);
    onExchange(exchange);
    return exchange;
  };

  const under = (mayStart: AbortSignal): Wire => ({
    send: async (call, caller) => {
      const answer = await deliver({ ...call, body: ownersReplaced(call.body) }, accessToken, caller);
      noted(call.method, call.url, answer);
      return answer;
    },
    call: async (method, path, body) => {
      const url = baseUrl + path;
      const headers = { accept: 'application/json', 'content-type': 'application/json' };
      const text = body === undefined ? undefined : ownersReplaced(JSON.stringify(body));
      const answer = await deliver({ method, url, headers, body: text }, accessToken, {
        mayStart,
        onRequest: () => {},
      });
      return noted(method, url, answer);
    },
    exchanges,
    under,
  });
  return under;
}
