import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createNetServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { machineClock } from '../../lib/clock.ts';
import { type HttpRequest, openHttp, TimedOut } from '../../lib/http.ts';

let server: Server;
let url: string;
let listener: (request: IncomingMessage, response: ServerResponse) => void;
let connections: Socket[];
let now: number;
const clock = { now: () => now, after: machineClock.after };

beforeEach(async () => {
  connections = [];
  now = 0;
  listener = (_, response) => response.end('{}');
  server = createServer((request, response) => listener(request, response)).on('connection', (socket) =>
    connections.push(socket),
  );
  // The tests' own end of a connection goes first.
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/path?query=1`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const get = (changed: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  headers: {},
  body: undefined,
  timeoutMs: 20_000,
  ...changed,
});
const codeOf = (sending: Promise<unknown>): Promise<unknown> =>
  sending.then(
    () => 'an answer',
    (error: NodeJS.ErrnoException) => error.code,
  );

describe('a request', () => {
  it('goes out as it is, with the length of its body, and asks for an answer that is not compressed', async () => {
    let received: unknown;
    listener = async (request, response) => {
      received = [request.method, request.url, request.headers, await text(request)];
      response.end('{}');
    };
    const headers = { 'Content-Type': 'application/json', 'accept-encoding': 'gzip' };
    await openHttp()(url, get({ method: 'PATCH', headers, body: '{"ü":1}' }));
    expect(received).toEqual([
      'PATCH',
      '/path?query=1',
      expect.objectContaining({
        'content-type': 'application/json',
        'accept-encoding': 'identity',
        'content-length': '8',
      }),
      '{"ü":1}',
    ]);
  });

  it.each(['host', 'Host'])(
    'says what it goes to, and how long it is, once, whatever else is said: %s',
    async (name) => {
      let received: string[] = [];
      listener = (request, response) => {
        received = request.rawHeaders;
        response.end('{}');
      };
      const headers = { [name]: 'elsewhere', 'Content-Length': '7', 'Accept-Encoding': 'br' };
      await openHttp()(url, get({ method: 'POST', headers, body: '{}' }));
      expect(received.filter((_, index) => index % 2 === 0).map((each) => each.toLowerCase())).toEqual([
        'host',
        'accept-encoding',
        'content-length',
        'connection',
      ]);
      expect(received).toEqual(expect.arrayContaining([new URL(url).host, 'identity', '2']));
    },
  );

  it.each([
    ['POST', undefined, '0'],
    ['PATCH', '', '0'],
    ['GET', undefined, undefined],
    ['DELETE', undefined, undefined],
    ['GET', '{}', '2'],
  ])(
    'says how long it is, or that it is empty, where it may have a body: %s of %j',
    async (method, body, length) => {
      let received: IncomingHttpHeaders = {};
      listener = (request, response) => {
        received = request.headers;
        response.end('{}');
      };
      await openHttp()(url, get({ method, body, headers: { 'transfer-encoding': 'chunked' } }));
      expect(received['content-length']).toBe(length);
      expect(received['transfer-encoding']).toBeUndefined();
    },
  );

  it('with a header that no request may have is refused before it is sent', async () => {
    const headers = { authorization: 'Bearer one\ntwo' };
    expect(await codeOf(openHttp()(url, get({ headers })))).toBe('ERR_INVALID_CHAR');
    expect(connections).toEqual([]);
  });
});

describe('an answer', () => {
  it('comes back whole: characters that arrive in pieces, headers in any letter case and one by one', async () => {
    const body = Buffer.from('{"name":"Zoë 👩‍🚀"}');
    listener = (_, response) => {
      response.writeHead(207, { 'Retry-After': '7', 'set-cookie': ['a=1', 'b=2'] });
      response.write(body.subarray(0, 12));
      setImmediate(() => {
        response.write(body.subarray(12, 17));
        setImmediate(() => response.end(body.subarray(17)));
      });
    };
    const answer = await openHttp()(url, get());
    expect(answer).toMatchObject({ status: 207, body: body.toString() });
    expect(answer.headers.get('RETRY-after')).toBe('7');
    expect(answer.headers.get('x-none')).toBeNull();
    expect(Object.fromEntries(answer.headers)).toMatchObject({ 'retry-after': '7', 'set-cookie': 'a=1,b=2' });
  });

  it('comes back without a byte order mark', async () => {
    listener = (_, response) => response.end('\uFEFF{}');
    expect((await openHttp()(url, get())).body).toBe('{}');
  });

  it('that sends us elsewhere is an answer', async () => {
    listener = (_, response) => response.writeHead(307, { location: url }).end();
    expect(await openHttp()(url, get())).toMatchObject({ status: 307, body: '' });
    expect(connections).toHaveLength(1);
  });

  it('that is compressed all the same is none that can be read, and breaks nothing', async () => {
    listener = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{}'));
    const { status, body } = await openHttp()(url, get());
    expect(status).toBe(200);
    expect(() => JSON.parse(body)).toThrow();
  });

  it.each([
    ['in its length', { 'content-length': '10' }],
    ['in its last chunk', {}],
  ])('that breaks off, as can be seen %s, is none', async (_, headers) => {
    listener = (_request, response) => {
      response.writeHead(200, headers);
      response.write('{}');
      setImmediate(() => response.destroy());
    };
    expect(await codeOf(openHttp()(url, get()))).toBe('ECONNRESET');
  });

  it('that is no HTTP is none', async () => {
    const other = createNetServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n\r\n')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect(await codeOf(openHttp()(`http://127.0.0.1:${port}`, get()))).toMatch(/^HPE_/);
    other.close();
  });

  it('that is no TLS is none, where TLS is asked for', async () => {
    const sending = openHttp()(url.replace('http:', 'https:'), get({ headers: { authorization: 'secret' } }));
    expect(await codeOf(sending)).toMatch(/^(EPROTO|ERR_SSL_WRONG_VERSION_NUMBER)$/);
  });

  it('that changes to a protocol that nobody asked for is an answer, and the end of its connection', async () => {
    listener = (_, response) => {
      response.socket?.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
      );
    };
    const http = openHttp();
    expect(await http(url, get())).toMatchObject({ status: 101, body: '' });
    await vi.waitFor(() => expect(connections[0]?.closed).toBe(true));
    listener = (_, response) => response.end('{}');
    expect(await http(url, get())).toMatchObject({ status: 200 });
    expect(connections).toHaveLength(2);
  });

  it('that nobody waited for is not taken for that of the next request', async () => {
    const http = openHttp();
    await http(url, get());
    const [connection] = connections;
    connection?.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"id":"6"}');
    if (connection) await once(connection, 'close');
    expect(await http(url, get())).toMatchObject({ body: '{}' });
    expect(connections).toHaveLength(2);
  });

  it('that does not end within 32 MB is none, and not read on', async () => {
    let sent = 0;
    listener = (_, response) => {
      const part = Buffer.alloc(1_000_000, 'x');
      const send = () => {
        sent += 1;
        if (!response.destroyed) response.write(part, () => setImmediate(send));
      };
      send();
    };
    expect(await codeOf(openHttp()(url, get()))).toBe('ANSWER_TOO_LARGE');
    expect(sent).toBeLessThan(100);
  }, 30_000);

  it('with headers beyond all measure is none', async () => {
    listener = (_, response) => response.writeHead(200, { 'x-long': 'x'.repeat(20_000) }).end();
    expect(await codeOf(openHttp()(url, get()))).toBe('HPE_HEADER_OVERFLOW');
  });
});

describe('the time limit', () => {
  it.each(['before the answer begins', 'in the middle of the answer'])(
    'ends it %s, and its connection',
    async (when) => {
      listener = (_, response) => {
        if (when.startsWith('before')) return;
        response.writeHead(200);
        response.write('{');
      };
      const sending = openHttp()(url, get({ timeoutMs: 50 }));
      await expect(sending).rejects.toEqual(new TimedOut('No complete answer within 50 ms'));
      expect(connections).toHaveLength(1);
      await vi.waitFor(() => expect(connections[0]?.closed).toBe(true));
    },
  );

  it('is forgotten with the answer', async () => {
    const undone = vi.fn();
    const after = vi.fn(() => undone);
    await openHttp({ now: () => 0, after })(url, get({ timeoutMs: 7_000 }));
    expect(after.mock.calls).toEqual([[7_000, expect.any(Function)]]);
    expect(undone).toHaveBeenCalledOnce();
  });

  it('is forgotten with a request that cannot be sent', async () => {
    const undone = vi.fn();
    const http = openHttp({ now: () => 0, after: () => undone });
    expect(await codeOf(http('http://127.0.0.1:1', get()))).toBe('ECONNREFUSED');
    expect(undone).toHaveBeenCalledOnce();
  });
});

describe('connections', () => {
  it('are kept for the next request', async () => {
    const http = openHttp(clock);
    for (const path of ['', '/', '/path', '/another?with=a/query'])
      await http(new URL(url).origin + path, get());
    expect(connections).toHaveLength(1);
  });

  it('are not trusted after four seconds in which nothing was asked for, however the timers were stopped', async () => {
    const http = openHttp(clock);
    await http(url, get());
    now = 3_999;
    await http(url, get());
    expect(connections).toHaveLength(1);
    now += 4_000;
    await http(url, get());
    expect(connections).toHaveLength(2);
  });

  it('are never closed under a request that takes longer', async () => {
    const http = openHttp(clock);
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    listener = async (request, response) => {
      if (request.method === 'PUT') {
        arrive();
        await held;
      }
      response.end('{}');
    };
    const slow = http(url, get({ method: 'PUT' }));
    await arrived;
    now = 9_000;
    await http(url, get());
    release();
    expect(await slow).toMatchObject({ status: 200 });
  });

  it('that break with a request under way lose it: it is not sent again', async () => {
    let requests = 0;
    listener = (_, response) => {
      requests += 1;
      if (requests === 1) response.end('{}');
      else response.destroy();
    };
    const http = openHttp(clock);
    await http(url, get());
    expect(await codeOf(http(url, get({ method: 'POST', body: '{}' })))).toBe('ECONNRESET');
    expect(requests).toBe(2);
    expect(connections).toHaveLength(1);
  });
});
