import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AT_FULL_SPEED, run } from './ops-command.ts';

vi.setConfig({ testTimeout: 120_000 });

let sqs: FauxqsServer;
let environment: Record<string, string>;

beforeEach(async () => {
  sqs = await startFauxqs({ port: 0, logger: false });
  sqs.createQueue('verified-users.fifo', { attributes: { FifoQueue: 'true' } });
  environment = {
    AWS_ENDPOINT_URL_SQS: sqs.address,
    QUEUE_URL: `${sqs.address}/000000000000/verified-users.fifo`,
  };
});
afterEach(() => sqs.stop());

const onQueue = (): string[] =>
  (sqs.inspectQueue('verified-users.fifo')?.messages.ready ?? []).map(({ body }) => body);

const ada = ['--email', 'ada@example.org', '--username', 'AdaL', '--verified-at', '2026-11-23T18:00:00Z'];
const adaOnQueue = '{"email":"ada@example.org","username":"AdaL","verifiedAt":"2026-11-23T18:00:00Z"}';

const send = async (...args: string[]): Promise<void> => {
  const speed = args.includes('--file') ? AT_FULL_SPEED : [];
  expect(await run(['send', ...args, ...speed], environment)).toMatchObject({ code: 0 });
};

async function takeOff(): Promise<void> {
  const client = new SQSClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    endpoint: sqs.address,
  });
  const QueueUrl = environment.QUEUE_URL;
  const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl }));
  for (const { ReceiptHandle } of Messages) {
    await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
  client.destroy();
}

it('a person who is sent twice is on the queue twice', async () => {
  await send(...ada);
  await send(...ada);
  expect(onQueue()).toEqual([adaOnQueue, adaOnQueue]);
});

it('a person who is sent again at once, because the first message came to nothing, is on the queue', async () => {
  await send(...ada);
  await takeOff();
  expect(onQueue()).toEqual([]);

  await send(...ada);
  expect(onQueue()).toEqual([adaOnQueue]);
});

it('a file that is sent --again is on the queue again', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'send-')), 'users.csv');
  await writeFile(file, 'email,username\na@b,x\nc@d,y\n');
  await send('--file', file);
  await send('--file', file, '--again');
  expect(onQueue()).toHaveLength(4);
  expect(new Set(onQueue()).size).toBe(2);
});
