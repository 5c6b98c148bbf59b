import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { publishOnQueue } from '../../lib/queue/publish.ts';

/** SQS, which answers these one after the other, and then as it should. */
let answers: { status: number; body: object; headers?: Record<string, string> }[];
let asked: { attempts: string | undefined; deduplication: unknown }[];
/** When each request says that it was signed. */
let signed: string[];
let server: Server;

beforeEach(async () => {
  answers = [];
  asked = [];
  signed = [];
  server = createServer(async (request, response) => {
    const { MessageBody, MessageDeduplicationId } = JSON.parse(await text(request));
    const [attempts] = [request.headers['amz-sdk-request']].flat();
    asked.push({ attempts, deduplication: MessageDeduplicationId });
    signed.push(String(request.headers['x-amz-date']));
    const MD5OfMessageBody = createHash('md5').update(MessageBody).digest('hex');
    const {
      status,
      body,
      headers = {},
    } = answers.shift() ?? { status: 200, body: { MessageId: 'm', MD5OfMessageBody } };
    response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers })
      .end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

const ada = { email: 'ada@example.org', username: 'AdaL' };
const publish = () =>
  publishOnQueue()(ada, {
    queueUrl: 'https://sqs.eu-west-1.amazonaws.com/0/q.fifo',
    sub: 'sub-1',
    abortSignal: new AbortController().signal,
  });

const unavailable = { status: 503, body: {} };
const throttled = { status: 400, body: { __type: 'com.amazonaws.sqs#RequestThrottled' } };
const others = { status: 200, body: { MessageId: 'x', MD5OfMessageBody: '0'.repeat(32) } };
const unreadable = { status: 200, body: { MessageId: 7 } };

describe('a verification is put on the queue', () => {
  it('by one request, where all goes well', async () => {
    expect(await publish()).toEqual({ messageId: 'm' });
    expect(asked).toEqual([{ attempts: undefined, deduplication: 'sub-1' }]);
  });

  it.each([
    ['SQS is away', unavailable],
    ['SQS throttles', throttled],
    ['SQS has understood something else', others],
    ['the answer is none', unreadable],
  ])('by the SDK as the same message, where %s', async (_, first) => {
    answers = [first];
    expect(await publish()).toEqual({ messageId: 'm' });
    expect(asked).toEqual([
      { attempts: undefined, deduplication: 'sub-1' },
      { attempts: 'attempt=1; max=2', deduplication: 'sub-1' },
    ]);
  });

  it.each([-3, 3])(
    'by the SDK with the time of day as SQS has it, where this clock is %i hours off',
    async (hours) => {
      const times = new Date(Date.now() + hours * 3_600_000).toUTCString();
      const skewed = { status: 400, body: { __type: 'SignatureDoesNotMatch' }, headers: { date: times } };
      answers = [skewed, skewed];
      expect(await publish()).toEqual({ messageId: 'm' });
      expect(asked.map(({ attempts }) => attempts)).toEqual([
        undefined,
        'attempt=1; max=2',
        'attempt=2; max=2',
      ]);
      const [signedAt = ''] = signed.slice(-1);
      const at = Date.parse(signedAt.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
      expect(Math.abs(at - Date.parse(times))).toBeLessThan(60_000);
    },
  );

  it('in three attempts at most', async () => {
    answers = [unavailable, unavailable, unavailable, unavailable];
    await expect(publish()).rejects.toThrow();
    expect(asked).toHaveLength(3);
  });

  it('by the SDK alone, where something is not plain', async () => {
    vi.stubEnv('AWS_REGION', 'cn-north-1');
    expect(await publish()).toEqual({ messageId: 'm' });
    expect(asked).toEqual([{ attempts: 'attempt=1; max=2', deduplication: 'sub-1' }]);
  });
});
