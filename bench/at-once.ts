import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import * as z from 'zod/mini';

const names = z.object({ Names: z.array(z.string()) });
const message = z.object({ MessageBody: z.string() });

const NOW = '2026-11-24T10:00:00.000Z';

/** What HubSpot, SSM and SQS would answer to a first request, with nothing of their own time in it. */
function answerTo({ method, url, headers }: IncomingMessage, body: string): [status: number, answer: object] {
  if (headers['x-amz-target'] === 'AmazonSSM.GetParameters') {
    const { Names } = names.parse(JSON.parse(body));
    const Value = 'a-value-that-is-long-enough-to-be-a-key-of-the-logs';
    return [200, { Parameters: Names.map((Name) => ({ Name, Type: 'SecureString', Value })) }];
  }
  if (headers['x-amz-target'] === 'AmazonSQS.SendMessage') {
    const { MessageBody } = message.parse(JSON.parse(body));
    const MD5OfMessageBody = createHash('md5').update(MessageBody).digest('hex');
    return [200, { MessageId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef', MD5OfMessageBody }];
  }
  if (method === 'POST' && url === '/crm/v3/objects/contacts') {
    const properties: object = JSON.parse(body).properties;
    return [201, { id: '51', properties, createdAt: NOW, updatedAt: NOW, archived: false }];
  }
  return [404, { message: 'Nobody should ask for this' }];
}

/** A certificate for this machine, made for the occasion. */
async function selfSigned(folder: string): Promise<{ key: string; cert: string; file: string }> {
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-keyout', keyFile, '-out', file],
  ]);
  return { key: await readFile(keyFile, 'utf8'), cert: await readFile(file, 'utf8'), file };
}

/**
 * HubSpot, SSM and SQS on one port, over HTTP and on another over HTTPS, that answer every request at once.
 */
export async function startAnsweringAtOnce() {
  const folder = await mkdtemp(join(tmpdir(), 'bench-at-once-'));
  const { key, cert, file } = await selfSigned(folder);
  let requests: string[] = [];
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const [status, answer] = answerTo(request, await text(request));
    requests.push(String(request.headers['x-amz-target'] ?? `${request.method} ${request.url}`));
    const sent = JSON.stringify(answer);
    response
      .writeHead(status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(sent),
        'x-hubspot-ratelimit-max': '190',
        'x-hubspot-ratelimit-remaining': '189',
      })
      .end(sent);
  };
  const servers = { http: createServer(listener), https: createTlsServer({ key, cert }, listener) };
  const listen = async (protocol: keyof typeof servers): Promise<string> => {
    const server = servers[protocol].listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The server has no port');
    return `${protocol}://127.0.0.1:${address.port}`;
  };
  return {
    urls: { http: await listen('http'), https: await listen('https') },
    /** Where the certificate of the second is. */
    certificate: file,
    /** What was asked for since this was called last. */
    takeRequests(): string[] {
      const taken = requests;
      requests = [];
      return taken;
    },
    async stop(): Promise<void> {
      for (const server of Object.values(servers)) {
        server.closeAllConnections();
        server.close();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
