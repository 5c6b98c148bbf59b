import { expect, it, vi } from 'vitest';
import { machineClock } from '../../lib/clock.ts';
import { readConfig } from '../../lib/config.ts';
import { DeliveryError } from '../../lib/failure.ts';
import type { ReadParameters } from '../../lib/parameters.ts';
import { startSyncInstance } from '../../lib/sync-instance.ts';
import { createTelemetry } from '../../lib/telemetry.ts';
import { sqsRecord } from './support/records.ts';

const config = readConfig({
  HUBSPOT_TOKEN_PARAMETER: '/token',
  QUEUE_URL: 'http://localhost/verified-users.fifo',
  DLQ_URL: 'http://localhost/verified-users-dlq.fifo',
  MAX_RECEIVE_COUNT: '40',
});

function start(read: ReadParameters, clock = machineClock) {
  const telemetry = createTelemetry('sync-instance-test');
  vi.spyOn(telemetry.logger, 'info').mockImplementation(() => {});
  const bearers: (string | undefined)[] = [];
  const syncBatch = startSyncInstance(config, telemetry, {
    clock,
    readParameters: read,
    async http(_, { headers }) {
      bearers.push(headers.authorization);
      return { status: 201, headers: new Headers(), body: '{"id":"12"}' };
    },
  });
  const record = sqsRecord();
  return { bearers, sync: () => syncBatch({ Records: [record] }, { requestId: 'r', remainingMs: 60_000 }) };
}

it('the token is being read before there is a message, and read once', async () => {
  const { promise, resolve } = Promise.withResolvers<Map<string, string>>();
  const read = vi.fn(() => promise);
  const { bearers, sync } = start(read);
  expect(read).toHaveBeenCalledTimes(1);

  const syncing = sync();
  resolve(new Map([['/token', 'pat']]));
  expect(await syncing).toEqual({ batchItemFailures: [] });
  expect(bearers).toEqual(['Bearer pat']);
  expect(read).toHaveBeenCalledTimes(1);
});

it('and where that fails, the first message asks for it again', async () => {
  const away = new DeliveryError({ class: 'transient', reason: 'SsmTrouble', detail: 'SSM is away.' });
  const read = vi.fn<ReadParameters>().mockRejectedValueOnce(away);
  read.mockResolvedValue(new Map([['/token', 'pat']]));
  const { bearers, sync } = start(read);
  await vi.waitFor(() => expect(read.mock.settledResults[0]?.type).toBe('rejected'));
  await new Promise(setImmediate);

  expect(await sync()).toEqual({ batchItemFailures: [] });
  expect(bearers).toEqual(['Bearer pat']);
  expect(read).toHaveBeenCalledTimes(2);
});

it('a batch leaves no timer behind', async () => {
  const waiting = new Set<object>();
  const after = vi.fn((ms: number, act: () => void) => {
    const timer = {};
    waiting.add(timer);
    const cancel = machineClock.after(ms, act);
    return () => {
      cancel();
      waiting.delete(timer);
    };
  });
  const { sync } = start(async () => new Map([['/token', 'pat']]), { ...machineClock, after });

  await sync();
  expect(after).toHaveBeenCalledOnce();
  expect(waiting).toEqual(new Set());
});
