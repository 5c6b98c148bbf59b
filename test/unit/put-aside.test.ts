import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
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
    telemetry: createTelemetry('put-aside-test'),
    now: () => 60_000,
    line: {},
  });

beforeEach(() => {
  sqs.reset();
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
