import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHttp, TimedOut } from '../../lib/http.ts';
import { transport } from '../../lib/hubspot/transport.ts';
import { forLocalhost } from './support/certificate.ts';
import { failureOfCall, noShare } from './support/hubspot.ts';

let server: Server;
let port: number;
let asked: (string | undefined)[];
let handshakes: number;

beforeEach(async () => {
  asked = [];
  handshakes = 0;
  server = createServer(forLocalhost, (request, response) => {
    asked.push(request.headers.authorization);
    response.end('{"id":"1"}');
  }).on('secureConnection', () => {
    handshakes += 1;
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const usual = getCACertificates('default');
afterAll(() => setDefaultCACertificates(usual));

const post = { method: 'POST', headers: { authorization: 'secret' }, body: '{}', timeoutMs: 5_000 };

const callHubSpot = (host: string) =>
  transport({ share: noShare, timeoutMs: 5_000 })(
    { ...post, url: `https://${host}:${port}/path?email=ada@example.org` },
    'secret',
    { mayStart: new AbortController().signal, onRequest: () => {} },
  );

/* In this order: what is trusted once is trusted by every connection of the process from then on. */
describe('over TLS', () => {
  it('nothing is sent to a server whose certificate nobody has signed, and it is as good as away', async () => {
    expect(await failureOfCall(callHubSpot('localhost'))).toEqual({
      class: 'transient',
      reason: 'NoAnswer',
      detail: 'POST /path lost its connection (DEPTH_ZERO_SELF_SIGNED_CERT).',
    });
    expect(asked).toEqual([]);
  });

  it('a handshake that does not come to an end is given up', async () => {
    const silent = createNetServer().listen(0, 'localhost');
    await once(silent, 'listening');
    port = (silent.address() as AddressInfo).port;
    const closed = new Promise((resolve) => {
      silent.once('connection', (socket) =>
        socket
          .on('error', () => {})
          .once('close', resolve)
          .resume(),
      );
    });
    const sending = openHttp()(`https://localhost:${port}/`, { ...post, timeoutMs: 100 });
    await expect(sending).rejects.toBeInstanceOf(TimedOut);
    await closed;
    silent.close();
  });

  it('a server with a trusted certificate is answered by, on one connection for all requests', async () => {
    setDefaultCACertificates([...usual, forLocalhost.cert]);
    const http = openHttp();
    for (let request = 0; request < 3; request += 1) {
      const answer = await http(`https://localhost:${port}/`, post);
      expect(answer).toMatchObject({ status: 200, body: '{"id":"1"}' });
    }
    expect(asked).toEqual(['secret', 'secret', 'secret']);
    expect(handshakes).toBe(1);
  });

  it('nothing is sent to a server whose trusted certificate is for another name', async () => {
    setDefaultCACertificates([...usual, forLocalhost.cert]);
    const { address } = server.address() as AddressInfo;
    const host = address.includes(':') ? `[${address}]` : address;
    expect(await failureOfCall(callHubSpot(host))).toMatchObject({
      detail: 'POST /path lost its connection (ERR_TLS_CERT_ALTNAME_INVALID).',
    });
    expect(asked).toEqual([]);
  });
});
