import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { internalError, invalidEmail } from '../../sandbox/hubspot/answers.ts';
import { countIn } from './support/metrics.ts';
import { person } from './support/people.ts';
import { type Instance, message, type Sync, startSync } from './support/sync.ts';

/*
 * SQS fails just when a message has failed: nothing is lost, and the batch is answered all the same.
 */

/** The queue's own visibility timeout of six minutes, some seconds of which have passed. */
const nearlySixMinutes = expect.toSatisfy((seconds: number) => seconds > 345 && seconds <= 360);

let sync: Sync;
let well: Instance;

beforeAll(async () => {
  sync = await startSync();
  well = sync.instance();
});
beforeEach(() => sync.reset());
afterAll(() => sync.stop());

const nowhere = (url: string): string => url.replace('verified-users', 'no-such-queue');

describe('the dead-letter queue', () => {
  it('cannot be reached: the message is reported as failed, and is a dead letter once it can', async () => {
    const instance = sync.instance({ DLQ_URL: nowhere(sync.queues.dlqUrl) });
    const someone = person();
    sync.hubspot.faults.add({
      times: 2,
      email: someone.email,
      do: { type: 'status', ...invalidEmail },
    });
    const [first, malformed, neighbour] = await instance.deliverAll([
      message(someone),
      { body: 'not JSON' },
      message(person()),
    ]);

    for (const [one, errorCode] of [
      [first, 'HubSpotRejected'] as const,
      [malformed, 'InvalidMessage'] as const,
    ]) {
      expect(one).toMatchObject({
        failed: true,
        deadLetter: undefined,
        hiddenSeconds: nearlySixMinutes,
      });
      // Of an error, its name and place: its message may quote anything.
      expect(one?.line).not.toHaveProperty('problem.message');
      expect(one?.line).toMatchObject({
        level: 'ERROR',
        message: 'The dead-letter queue could not be reached',
        outcome: 'retry',
        errorCode,
        problem: { name: 'QueueDoesNotExist' },
      });
    }
    expect(neighbour).toMatchObject({ failed: false, line: { outcome: 'created' } });
    expect(countIn(instance.lines, 'DeadLetter')).toBe(0);
    expect(countIn(instance.lines, 'DeliveryRetried', { class: 'rejected' })).toBe(1);
    expect(countIn(instance.lines, 'DeliveryRetried', { class: 'invalid' })).toBe(1);

    const second = first && (await well.redeliver(first));
    expect(second).toMatchObject({ failed: false, line: { outcome: 'dead-letter' } });
    expect(second?.deadLetter?.body).toBe(message(someone).body);
  });

  it('cannot be reached on the last delivery: the redrive policy takes the message there', async () => {
    const instance = sync.instance({ DLQ_URL: nowhere(sync.queues.dlqUrl) });
    sync.hubspot.faults.add({ do: { type: 'status', ...internalError } });
    const last = await instance.deliver(message(person(), { deliveries: 40 }));
    expect(last).toMatchObject({ failed: true, deadLetter: undefined });
  });
});

it('the back-off cannot be set: the message is reported, and the queue’s own visibility timeout is the back-off', async () => {
  const instance = sync.instance({ QUEUE_URL: nowhere(sync.queues.queueUrl) });
  const someone = person();
  sync.hubspot.faults.add({ email: someone.email, do: { type: 'status', ...internalError } });
  const [first, neighbour] = await instance.deliverAll([message(someone), message(person())]);

  expect(first).toMatchObject({ failed: true, hiddenSeconds: nearlySixMinutes });
  expect(first?.line).toMatchObject({ outcome: 'retry', problem: { name: 'QueueDoesNotExist' } });
  expect(neighbour).toMatchObject({ failed: false, line: { outcome: 'created' } });
  expect(first && (await well.redeliver(first)).line).toMatchObject({ outcome: 'created' });
});

it('all of SQS refuses connections: every message that failed is reported, and nothing else', async () => {
  const instance = sync.instance({ AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:9' });
  const someone = person();
  sync.hubspot.faults.add({ email: someone.email, do: { type: 'status', ...internalError } });
  const delivered = await instance.deliverAll([message(someone), { body: '{}' }, message(person())]);
  expect(delivered.map(({ failed }) => failed)).toEqual([true, true, false]);
  expect(delivered[0]?.line.problem).toMatchObject({ code: 'ECONNREFUSED' });
});
