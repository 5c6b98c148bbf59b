import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DeliveryError, type Failure } from '../../lib/failure.ts';
import type { Delivery } from '../../lib/queue/delivery.ts';
import { putAside } from '../../lib/queue/put-aside.ts';
import { lazySqs } from '../../lib/queue/sqs.ts';
import { createTelemetry } from '../../lib/telemetry.ts';

/** Faults that SQS has, and that no SQS on this machine can be made to have. */
const sqs = mockClient(SQSClient);
const throttled = Object.assign(new Error('Request is throttled.'), { name: 'RequestThrottled' });
const noKey = Object.assign(new Error('The key is disabled.'), { name: 'KmsDisabled' });

const delivery: Delivery = {
  messageId: '11111111-2222-3333-4444-555555555555',
  receiptHandle: 'handle',
  body: '{}',
  deliveries: 1,
  enqueuedAtMs: 0,
  sentAt: new Date(0),
  groupId: 'group',
  attributes: {},
};

const said: unknown[][] = [];
const counted: unknown[][] = [];
const { logger, ...rest } = createTelemetry('put-aside-test');
const telemetry = { logger, ...rest, count: (...args: unknown[]) => void counted.push(args) };
for (const level of ['warn', 'error'] as const) {
  vi.spyOn(logger, level).mockImplementation((message, ...more) => void said.push([level, message, ...more]));
}

const aside = (failure: Failure) =>
  putAside(delivery, failure, {
    config: {
      hubspot: {
        token: { accessToken: 'none' },
        baseUrl: 'http://127.0.0.1',
        apiVersion: 'v3',
        timeoutMs: 1,
        requestsPer10s: 1,
      },
      queueUrl: 'http://127.0.0.1/0/verified-users.fifo',
      dlqUrl: 'http://127.0.0.1/0/verified-users-dlq.fifo',
      maxReceiveCount: 40,
      retryBaseSeconds: 15,
      retryMaxSeconds: 7_200,
    },
    loadSqs: lazySqs(),
    requestId: 'request',
    bodyHasVerifiedAt: true,
    telemetry,
    now: () => 60_000,
    random: Math.random,
    line: { person: 'someone' },
  });

beforeEach(() => {
  sqs.reset();
  said.length = 0;
  counted.length = 0;
  process.env.AWS_REGION = 'us-east-1';
});

describe('a message that can go nowhere', () => {
  it.each([throttled, noKey])(
    'is delivered again when the dead-letter queue answers $name',
    async (fault) => {
      sqs.on(SendMessageCommand).rejects(fault);
      await expect(aside({ class: 'rejected', detail: 'No.' })).rejects.toBeInstanceOf(DeliveryError);
      expect(sqs.commandCalls(ChangeMessageVisibilityCommand)).toHaveLength(0);
    },
  );

  it('is delivered again, after the visibility timeout, when its back-off cannot be set', async () => {
    sqs.on(ChangeMessageVisibilityCommand).rejects(throttled);
    await expect(aside({ class: 'transient', detail: 'Later.' })).rejects.toBeInstanceOf(DeliveryError);
    expect(sqs.commandCalls(SendMessageCommand)).toHaveLength(0);
  });
});

it('a dead letter that SQS has taken is done with', async () => {
  sqs.on(SendMessageCommand).resolves({ MessageId: 'letter' });
  await expect(aside({ class: 'rejected', detail: 'No.' })).resolves.toBeUndefined();
});

describe('what is told of it', () => {
  it('a dead letter is an error, with its reason', async () => {
    sqs.on(SendMessageCommand).resolves({ MessageId: 'letter' });
    await aside({ class: 'rejected', detail: 'No.', correlationId: 'c-1' });
    expect(said).toEqual([
      [
        'error',
        'Sign-up became a dead letter',
        {
          person: 'someone',
          failure: 'rejected',
          detail: 'No.',
          hubspotCorrelationId: 'c-1',
          outcome: 'dead-letter',
          errorCode: 'HubSpotRejected',
        },
      ],
    ]);
    expect(counted).toEqual([['DeadLetter', { ErrorCode: 'HubSpotRejected' }]]);
  });

  it('one that the queue did not take is an error too, and the message comes again', async () => {
    sqs.on(SendMessageCommand).rejects(noKey);
    await aside({ class: 'rejected', detail: 'No.' }).catch(() => {});
    expect(said).toMatchObject([
      [
        'error',
        'The dead-letter queue could not be reached',
        {
          person: 'someone',
          detail: 'No.',
          outcome: 'retry',
          errorCode: 'HubSpotRejected',
          problem: { name: 'KmsDisabled' },
        },
      ],
    ]);
    expect(counted).toEqual([['DeliveryRetried', { class: 'rejected' }]]);
  });

  it('another delivery is a warning, with the back-off, or why there is none', async () => {
    sqs.on(ChangeMessageVisibilityCommand).resolvesOnce({}).rejects(throttled);
    await aside({ class: 'transient', detail: 'Later.' }).catch(() => {});
    await aside({ class: 'transient', detail: 'Later.' }).catch(() => {});
    expect(said).toMatchObject([
      ['warn', 'Sign-up will be delivered again', { outcome: 'retry', delaySeconds: expect.any(Number) }],
      ['warn', 'Sign-up will be delivered again', { problem: { name: 'RequestThrottled' } }],
    ]);
    expect(said[0]?.[2]).toHaveProperty('problem', undefined);
    expect(counted).toEqual(Array(2).fill(['DeliveryRetried', { class: 'transient' }]));
  });
});
