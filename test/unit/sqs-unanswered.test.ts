import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { lazySqs, SQS_RESERVE_MS } from '../../lib/queue/sqs.ts';

let asked = 0;
const silent = createServer(() => {
  asked += 1;
});

beforeAll(async () => {
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterAll(() => {
  vi.unstubAllEnvs();
  silent.closeAllConnections();
  silent.close();
});

it('SQS that does not answer is given up on within the time that is kept for it, at the endpoint that is set', async () => {
  const load = lazySqs();
  const { sqs, sdk } = await load();
  expect((await load()).sqs).toBe(sqs);
  const startedAt = performance.now();
  const sending = sqs.send(
    new sdk.SendMessageCommand({ QueueUrl: 'http://queue.invalid/0/letters.fifo', MessageBody: '{}' }),
  );

  await expect(sending).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(performance.now() - startedAt).toBeLessThan(SQS_RESERVE_MS);
  expect(asked).toBe(2);
}, 8_000);
