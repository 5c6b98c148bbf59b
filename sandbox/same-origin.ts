import type { IncomingHttpHeaders } from 'node:http';
import { Mistake } from './mistake.ts';

/**
 * Keeps other web sites out of a server on this machine. A browser lets any page send requests to 127.0.0.1, and a name
 * of somebody else's may lead there (DNS rebinding); it says in its headers where they come from. What is no browser
 * says nothing, and may.
 *
 * @throws Mistake when a request does not come from the server's own pages, or asks for it by another name
 */
export function requireSameOrigin(headers: IncomingHttpHeaders, port: number): void {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host = '', origin } = headers;
  if (!hosts.includes(host)) {
    throw new Mistake(`This server is called ${hosts.join(' or ')}, and by no other name.`, 403);
  }
  const site = headers['sec-fetch-site'];
  const isForeign =
    (origin !== undefined && origin !== `http://${host}`) ||
    (site !== undefined && site !== 'same-origin' && site !== 'none');
  if (isForeign) throw new Mistake('Another web site may not ask for this.', 403);
}
