import { version } from '../../package.json';
import { type Clock, machineClock } from '../clock.ts';
import { DeliveryError } from '../failure.ts';
import type { RateShare } from './rate-share.ts';

/** One call to HubSpot, before it is sent. */
export interface Call {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/** HubSpot's answer, whatever it says. */
export interface Answer {
  status: number;
  headers: Headers;
  body: string;
}

/** What a call needs of the sync that makes it. */
export interface Caller {
  /** Aborted, with a DeliveryError, when no further call may start. */
  mayStart: AbortSignal;
  /** Told of every request that was sent, answered or not. */
  onRequest(request: { durationMs: number; answer: Answer | undefined }): void;
}

/** Sends a call. */
export type Send = (call: Call, caller: Caller) => Promise<Answer>;

/** Sends a call with this token, when its turn comes. */
export type SendAs = (call: Call, bearer: string, caller: Caller) => Promise<Answer>;

export interface TransportOptions {
  share: RateShare;
  /** For one request, connection to last byte. The SDK's own transport has no such limit (hubspot-api-nodejs issue 387). */
  timeoutMs: number;
  clock?: Pick<Clock, 'now' | 'timeout'> | undefined;
  fetch?: Fetch | undefined;
}

/** As much of `fetch` as is needed. */
export type Fetch = (
  url: string,
  init: {
    method: string;
    headers: Record<string, string>;
    body: string | null;
    redirect: 'manual';
    signal: AbortSignal;
  },
) => Promise<Pick<Response, 'status' | 'headers' | 'text'>>;

/** Method and path without the query: what logs and dead letters show of a call. */
export const callName = ({ method, url }: Pick<Call, 'method' | 'url'>): string =>
  `${method} ${new URL(url).pathname}`;

/**
 * HTTP as the SDK should do it: a limit on the time of each request, our share of the rate limit, connections kept
 * alive (as `fetch` does by itself).
 *
 * @returns a function that throws a DeliveryError of class `transient` when no complete answer comes
 */
export function transport({
  share,
  timeoutMs,
  clock = machineClock,
  fetch = globalThis.fetch,
}: TransportOptions): SendAs {
  return async (call, bearer, { mayStart, onRequest }) => {
    await orAborted(share.turn(mayStart), mayStart);
    mayStart.throwIfAborted();

    const startedAt = clock.now();
    let answer: Answer | undefined;
    try {
      const response = await fetch(call.url, {
        method: call.method,
        headers: {
          ...call.headers,
          authorization: `Bearer ${bearer}`,
          'user-agent': `wme-hubspot-sync/${version}`,
        },
        body: call.body ?? null,
        redirect: 'manual',
        signal: clock.timeout(timeoutMs),
      });
      answer = { status: response.status, headers: response.headers, body: await response.text() };
      share.heard(answer);
      return answer;
    } catch (error) {
      throw new DeliveryError({
        class: 'transient',
        reason: 'NoAnswer',
        detail: `${callName(call)} ${isTimeout(error) ? `had no complete answer within ${timeoutMs} ms` : `lost its connection${causeOf(error)}`}.`,
      });
    } finally {
      onRequest({ durationMs: clock.now() - startedAt, answer });
    }
  };
}

/** Waits, and rejects with the signal's reason once it is aborted. The signal may live for thousands of calls. */
const orAborted = (waiting: Promise<void>, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    waiting.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });

const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError';

/** The code of a network error, such as ECONNRESET. Its message may quote what was sent, so it is not used. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) ? ` (${code})` : '';
}
