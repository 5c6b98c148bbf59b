import type { Agent as HttpAgent, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { type Cancel, type Clock, machineClock } from './clock.ts';

/** One request. */
export interface HttpRequest {
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
  /** Connection to last byte. */
  timeoutMs: number;
}

/** As much of `Headers` as is needed: that one would load all of `fetch`. */
export interface HttpHeaders extends Iterable<[name: string, value: string]> {
  /** In any letter case. */
  get(name: string): string | null;
}

/** The complete answer to a request, whatever it says. */
export interface HttpAnswer {
  status: number;
  headers: HttpHeaders;
  body: string;
}

/** No complete answer came in time. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** Sends a request, once. Rejects with the network's error, or with TimedOut, when no complete answer comes. */
export type Http = (url: string, request: HttpRequest) => Promise<HttpAnswer>;

/** A connection that has been idle for longer may be gone at the other end, and a request that meets that is lost. */
const IDLE_MAX_MS = 4_000;

/** More than HubSpot's longest, which is a hundred of the longest notes. One without an end would fill the memory. */
const ANSWER_MAX_BYTES = 32_000_000;

/**
 * HTTP by Node's own modules, connections kept alive. Redirects are not followed, nothing is ever sent twice, and answers
 * are asked for uncompressed. Why not fetch: docs/decisions/0022.
 */
export function openHttp(clock: Pick<Clock, 'now' | 'after'> = machineClock): Http {
  const servers = new Map<string, Server>();
  let underWay = 0;
  let idleSince = clock.now();

  /** Lambda stops the instance between two invocations, and the timers that would have closed idle connections with it. */
  function closeIdle(): void {
    if (underWay > 0 || clock.now() - idleSince < IDLE_MAX_MS) return;
    for (const { options } of servers.values()) options.agent.destroy();
  }

  /** Of the few that are asked, each is read out of its address once. */
  function serverAt(origin: string): Server {
    const known = servers.get(origin);
    if (known !== undefined) return known;
    const address = new URL(origin);
    const { protocol, hostname, port } = urlToHttpOptions(address);
    const { Agent, request } = protocol === 'https:' ? https : http;
    const agent = new Agent({ keepAlive: true, timeout: IDLE_MAX_MS });
    // It has connections to nobody else. Node would write the name of each out of all that TLS can be told, three times a request.
    agent.getName = () => origin;
    const server = { send: request, host: address.host, options: { hostname, port, agent } };
    servers.set(origin, server);
    return server;
  }

  return async (url, { method, headers, body, timeoutMs }) => {
    closeIdle();
    underWay += 1;
    let noLimit: Cancel | undefined;
    try {
      const { origin, path } = apart(url);
      const { send, host, options } = serverAt(origin);
      return await new Promise<HttpAnswer>((resolve, reject) => {
        const request = send({
          ...options,
          path,
          method,
          headers: inTurn(host, headers, method, body),
        });
        const giveUp = (reason: unknown) => {
          reject(reason);
          request.destroy();
        };
        request
          .on('error', reject)
          .on('response', (response) => {
            const parts: Buffer[] = [];
            let bytes = 0;
            response
              .on('error', reject)
              .on('data', (part: Buffer) => {
                bytes += part.length;
                if (bytes > ANSWER_MAX_BYTES) giveUp(tooLarge());
                else parts.push(part);
              })
              .on('end', () => resolve(answerOf(response, textOf(parts))));
          })
          // Nobody asked for another protocol. Without this, Node would close the connection and say nothing.
          .on('upgrade', (response, socket) => {
            socket.destroy();
            resolve(answerOf(response, ''));
          });
        // Not by a signal: with one, Node watches every stage of the request, which takes as long as all the rest.
        noLimit = clock.after(timeoutMs, () =>
          giveUp(new TimedOut(`No complete answer within ${timeoutMs} ms`)),
        );
        request.end(body);
      });
    } finally {
      noLimit?.();
      underWay -= 1;
      idleSince = clock.now();
    }
  };
}

/** Who is asked, and by what. */
interface Server {
  send: typeof http.request;
  host: string;
  options: { hostname: RequestOptions['hostname']; port: RequestOptions['port']; agent: HttpAgent };
}

/** A URL as the SDK and the signer write it, at its first slash after the server. */
function apart(url: string): { origin: string; path: string } {
  const slash = url.indexOf('/', 'https://'.length);
  return slash === -1 ? { origin: url, path: '/' } : { origin: url.slice(0, slash), path: url.slice(slash) };
}

/** What is for this module to say, whoever else does. */
const OWN_HEADERS = new Set(['host', 'accept-encoding', 'content-length', 'transfer-encoding']);

/** Their requests have no body, and without one no length. */
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'DELETE']);

/** Names and values in turn, in the list that Node writes to the connection as it is. */
function inTurn(
  host: string,
  headers: Record<string, string>,
  method: string,
  body: string | undefined,
): string[] {
  const list = ['host', host, 'accept-encoding', 'identity'];
  if (body !== undefined || !WITHOUT_BODY.has(method)) {
    list.push('content-length', String(Buffer.byteLength(body ?? '')));
  }
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !OWN_HEADERS.has(name.toLowerCase())) list.push(name, value);
  }
  return list;
}

/** As fetch does it: without a byte order mark. */
const decoder = new TextDecoder();
const textOf = (parts: Buffer[]): string =>
  decoder.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts));

const answerOf = ({ statusCode = 0, headers }: IncomingMessage, body: string): HttpAnswer => ({
  status: statusCode,
  headers: new Received(headers),
  body,
});

const tooLarge = () => Object.assign(new Error('The answer is too large'), { code: 'ANSWER_TOO_LARGE' });

/** Of the many that come, few are asked for: each is made a text when it is. */
class Received implements HttpHeaders {
  readonly #headers: IncomingHttpHeaders;

  constructor(headers: IncomingHttpHeaders) {
    this.#headers = headers;
  }

  get(name: string): string | null {
    const key = name.toLowerCase();
    return Object.hasOwn(this.#headers, key) ? String(this.#headers[key]) : null;
  }

  *[Symbol.iterator](): Generator<[name: string, value: string]> {
    for (const [name, value] of Object.entries(this.#headers)) yield [name, String(value)];
  }
}
