import { version } from '../../package.json';
import { type Clock, machineClock } from '../clock.ts';
import { DeliveryError } from '../failure.ts';
import { type Http, type HttpAnswer, openHttp, TimedOut } from '../http.ts';
import type { RateShare } from './rate-share.ts';

/** One call to HubSpot, before it is sent. */
export interface Call {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/** HubSpot's answer, whatever it says. */
export type Answer = HttpAnswer;

/** What a call needs of the sync that makes it. */
export interface Caller {
  /** Aborted, with a DeliveryError, when no further call may start. */
  mayStart: AbortSignal;
  /** Told of every request that was sent, answered or not. */
  onRequest(request: { durationMs: number; answer: Answer | undefined }): void;
  /** Told of the contact that a create found in its way. */
  onConflict?(contactId: string): void;
}

/** Sends a call. */
export type Send = (call: Call, caller: Caller) => Promise<Answer>;

/** Sends a call with this token, when its turn comes. */
export type SendAs = (call: Call, bearer: string, caller: Caller) => Promise<Answer>;

export interface TransportOptions {
  share: RateShare;
  /** For one request, connection to last byte. The SDK's own transport has no such limit (hubspot-api-nodejs issue 387). */
  timeoutMs: number;
  clock?: Pick<Clock, 'now' | 'after'> | undefined;
  http?: Http | undefined;
}

/** Method and path without the query: what logs and dead letters show of a call. */
export const callName = ({ method, url }: Pick<Call, 'method' | 'url'>): string =>
  `${method} ${new URL(url).pathname}`;

/**
 * HTTP as the SDK should do it: a limit on the time of each request, our share of the rate limit, connections kept
 * alive.
 *
 * @returns a function that throws a DeliveryError of class `transient` when no complete answer comes
 */
export function transport({
  share,
  timeoutMs,
  clock = machineClock,
  http = openHttp(clock),
}: TransportOptions): SendAs {
  return async (call, bearer, { mayStart, onRequest }) => {
    await share.turn(mayStart);
    mayStart.throwIfAborted();

    const startedAt = clock.now();
    let answer: Answer | undefined;
    try {
      answer = await http(call.url, {
        method: call.method,
        headers: {
          ...call.headers,
          authorization: `Bearer ${bearer}`,
          'user-agent': `wme-hubspot-sync/${version}`,
        },
        body: call.body,
        timeoutMs,
      });
      share.heard(answer, startedAt);
      return answer;
    } catch (error) {
      throw new DeliveryError({
        class: 'transient',
        reason: 'NoAnswer',
        detail: `${callName(call)} ${error instanceof TimedOut ? `had no complete answer within ${timeoutMs} ms` : `lost its connection${codeOf(error)}`}.`,
      });
    } finally {
      onRequest({ durationMs: clock.now() - startedAt, answer });
    }
  };
}

/** The code of a network error, such as ECONNRESET. Its message may quote what was sent, so it is not used. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) ? ` (${code})` : '';
}
