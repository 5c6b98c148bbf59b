import * as sdk from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { vi } from 'vitest';
import { beginBatch, type Invocation } from '../../../lib/batch.ts';
import { machineClock } from '../../../lib/clock.ts';
import { readConfig } from '../../../lib/config.ts';
import { openCrm } from '../../../lib/hubspot/crm.ts';
import type { Call, Caller } from '../../../lib/hubspot/transport.ts';
import { createTelemetry } from '../../../lib/telemetry.ts';
import { type WorkedOn, workedOn } from '../../../lib/worked-on.ts';
import { sqsRecord } from './records.ts';

export interface BatchOptions extends Partial<Invocation> {
  /** What HubSpot answers to a call, and after how long. */
  answer?: (
    call: Call,
    email: string,
  ) => Promise<{ status: number; body?: unknown; headers?: Record<string, string> }>;
  /** The messages that the instance has worked on before. */
  seen?: WorkedOn;
  /** Told of every count. */
  onCount?: (metric: string) => void;
}

const emailOf = ({ body }: Call): string => JSON.parse(body ?? '{}').properties?.email ?? '';

/** One batch with HubSpot and SQS beside it: everything that it asks of them and logs is kept. */
export function batch({
  answer,
  onCount,
  requestId = 'request-1',
  remainingMs = 60_000,
  seen = workedOn(),
}: BatchOptions = {}) {
  const config = readConfig({
    HUBSPOT_ACCESS_TOKEN: 'sandbox-token',
    QUEUE_URL: 'http://localhost/verified-users.fifo',
    DLQ_URL: 'http://localhost/verified-users-dlq.fifo',
    MAX_RECEIVE_COUNT: '40',
  });
  const telemetry = createTelemetry('batch-test');
  const lines: Record<string, unknown>[] = [];
  for (const level of ['info', 'warn', 'error'] as const) {
    vi.spyOn(telemetry.logger, level).mockImplementation((message, ...extra) => {
      lines.push({ level, message, ...Object(extra[0]) });
    });
  }
  const latencies = vi.spyOn(telemetry.metrics, 'addMetric').mockReturnThis();
  const counts: unknown[][] = [];
  const sqs = new sdk.SQSClient({ region: 'us-east-1' });
  const sent = mockClient(sqs);
  const calls: { call: Call; email: string }[] = [];

  async function send(call: Call, { mayStart, onRequest }: Caller) {
    mayStart.throwIfAborted();
    const email = emailOf(call);
    calls.push({ call, email });
    const {
      status,
      body = {},
      headers,
    } = (await answer?.(call, email)) ?? { status: 201, body: { id: '12' } };
    const answered = { status, headers: new Headers(headers), body: JSON.stringify(body) };
    onRequest({ durationMs: 1, answer: answered });
    return answered;
  }

  const { handleRecord, end } = beginBatch(
    {
      config,
      crmFor: openCrm({ baseUrl: config.hubspot.baseUrl, apiVersion: config.hubspot.apiVersion, send }),
      loadSqs: async () => ({ sqs, sdk }),
      tagOf: (email) => `tag of ${email.toLowerCase()}`.slice(0, 8),
      workedOn: seen,
      clock: { ...machineClock, timeOfDay: () => Date.parse('2026-11-23T18:00:05.000Z') },
      random: Math.random,
      telemetry: {
        ...telemetry,
        count(...args) {
          onCount?.(args[0]);
          counts.push(args);
        },
      },
    },
    { requestId, remainingMs },
  );
  return {
    /** For each record whether it is done with, or to be delivered again. */
    async handle(...records: SQSRecord[]) {
      const ends = await Promise.allSettled(records.map(handleRecord));
      end();
      return ends.map(({ status }) => (status === 'fulfilled' ? 'done' : 'again'));
    },
    calls,
    lines,
    counts,
    latencies,
    deadLetters: () => sent.commandCalls(sdk.SendMessageCommand).map(({ args: [{ input }] }) => input),
    putBack: () =>
      sent.commandCalls(sdk.ChangeMessageVisibilityCommand).map(({ args: [{ input }] }) => input),
  };
}

const VERIFIED = '2026-11-23T18:00:00.000Z';

/** One person's message. */
export const record = (email: string, username = 'AdaL', messageId = `${email} ${username}`): SQSRecord =>
  sqsRecord({ messageId, body: { email, username, verifiedAt: VERIFIED } });

/** HubSpot's answers about a contact that exists, and was created in 2020 unless said otherwise. */
export const aboutContact =
  (createdAt = '2020-01-01T00:00:00Z') =>
  async ({ method, url }: Call) => {
    if (url.endsWith('/notes')) return { status: 201, body: { id: '34' } };
    if (method === 'GET')
      return { status: 200, body: { id: '12', createdAt: '2020-01-01T00:00:00Z', properties: {} } };
    if (method === 'PATCH')
      return { status: 200, body: { id: '12', createdAt, updatedAt: '2026-11-23T18:00:02.345Z' } };
    return {
      status: 409,
      body: { category: 'CONFLICT', message: 'Contact already exists. Existing ID: 12' },
    };
  };
