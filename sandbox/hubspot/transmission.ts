import type { ServerResponse } from 'node:http';
import type { Answer } from './answers.ts';
import type { Fault } from './faults.ts';
import { escapeHtml } from './object-view.ts';

/** An answer in bytes, and how much of it gets through. */
export interface Transmission {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
  /** The connection breaks half way through the body. */
  readonly breaksOff: boolean;
}

const half = (body: Buffer): Buffer => body.subarray(0, Math.floor(body.length / 2));

function encode({ status, headers = {}, body }: Answer, contentType?: string): Transmission {
  const type =
    contentType ?? (typeof body === 'string' ? 'text/plain;charset=utf-8' : 'application/json;charset=utf-8');
  return {
    status,
    headers: { ...(body !== undefined && { 'content-type': type }), ...headers },
    body: Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)),
    breaksOff: false,
  };
}

const cdnPage = (status: number): string => `<!DOCTYPE html>
<html lang="en-US"><head><title>api.hubapi.com | ${status}: ${escapeHtml('Web server is not available')}</title></head>
<body><h1>Error code ${status}</h1><p>Visit <a href="https://www.cloudflare.com/5xx-error-landing">cloudflare.com</a> for more information.</p>
<p>Cloudflare Ray ID: <strong>8c0ffee0dead0000</strong></p></body></html>
`;

/** What a fault makes of the usual answer; a fault that sends nothing is none of this function's business. */
export function transmissionOf(answer: Answer, fault: Fault | undefined): Transmission {
  const usual = encode(answer);
  switch (fault?.type) {
    case 'status':
      return encode({ ...fault, headers: { ...fault.headers } }, fault.contentType);
    case 'html':
      return encode({ status: fault.status, body: cdnPage(fault.status) }, 'text/html; charset=UTF-8');
    case 'truncated':
      return { ...usual, breaksOff: true };
    case 'cut-json':
      return { ...usual, body: half(usual.body) };
    case 'empty':
      return { ...usual, status: fault.status ?? usual.status, headers: {}, body: Buffer.alloc(0) };
    default:
      return usual;
  }
}

/** Sends it. Resolves to whether the client's side of the network has all of it. */
export async function send(response: ServerResponse, transmission: Transmission): Promise<boolean> {
  const { status, headers, body, breaksOff } = transmission;
  if (response.destroyed || response.socket === null || response.socket.destroyed) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  response.once('finish', () => resolve(!breaksOff)).once('close', () => resolve(false));
  // 1xx, 204 and 304 have no body, and so no length of one.
  response.writeHead(status, {
    ...headers,
    ...(status !== 204 && { 'content-length': String(body.length) }),
  });
  if (breaksOff) response.write(half(body), () => response.socket?.destroy());
  else response.end(body);
  return await promise;
}
