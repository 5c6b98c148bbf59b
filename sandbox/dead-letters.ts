import { createHash, randomUUID } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';
import { internalError } from './hubspot/answers.ts';
import { startLambda } from './lambda.ts';
import type { Stack } from './stack.ts';

const BATCH_SIZE = 10;
const A_MONTH_MS = 30 * 24 * 60 * 60 * 1_000;
const AN_HOUR_MS = 60 * 60 * 1_000;

/** Why a letter is one: it is malformed, HubSpot refuses the person, or HubSpot was away for all its deliveries. */
export type Kind = 'malformed' | 'refused' | 'exhausted';

const KINDS: readonly Kind[] = ['malformed', 'refused', 'exhausted'];

interface Message {
  kind: Kind;
  email: string;
  body: string;
}

/** Bodies that are no verification, in turn. */
const malformed = (email: string, turn: number): string =>
  [
    `{"email": "${email}", "username`,
    JSON.stringify({ email }),
    JSON.stringify({ email: email.replace('@', ' at '), username: 'x' }),
  ][turn % 3] ?? '';

function messageOf(index: number): Message {
  const kind = KINDS[index % KINDS.length] ?? 'exhausted';
  // HubSpot takes no address under a top-level domain that there is not.
  const email = `person.${index}@example.${kind === 'refused' ? 'invalid' : 'org'}`;
  const username = `Person ${index}`;
  const verifiedAt = new Date(Date.now() - AN_HOUR_MS).toISOString();
  const body =
    kind === 'malformed'
      ? malformed(email, Math.floor(index / KINDS.length))
      : JSON.stringify({ email, username, verifiedAt });
  return { kind, email, body };
}

/** The message as Lambda would hand it over on its last delivery. */
const recordOf = ({ body, email }: Message, deliveries: number): SQSRecord => ({
  messageId: randomUUID(),
  receiptHandle: 'none',
  body,
  attributes: {
    ApproximateReceiveCount: String(deliveries),
    SentTimestamp: String(Date.now() - AN_HOUR_MS),
    SenderId: 'sandbox',
    ApproximateFirstReceiveTimestamp: String(Date.now() - AN_HOUR_MS),
    MessageGroupId: createHash('sha256').update(email.toLowerCase()).digest('hex'),
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:verified-users.fifo',
  awsRegion: 'us-east-1',
});

/**
 * Has the built function make so many dead letters, in turn of each kind, as it does when it gives a message up. Their
 * deliveries are shortened: each is handed over once, as the last. Every other one of the exhausted is of somebody whom
 * HubSpot has known for a month.
 */
export async function makeDeadLetters(stack: Stack, count: number): Promise<Message[]> {
  const { hubspot, syncEnvironment } = stack;
  const messages = Array.from({ length: count }, (_, index) => messageOf(index));
  const exhausted = messages.filter(({ kind }) => kind === 'exhausted');
  for (const { email } of exhausted.filter((_, index) => index % 2 === 1)) {
    hubspot.portal.createContact({ email }, { createdAt: Date.now() - A_MONTH_MS });
  }
  const faults = exhausted.map(({ email }) =>
    hubspot.faults.add({ email, times: Number.POSITIVE_INFINITY, do: { type: 'status', ...internalError } }),
  );
  const { requestsPer10s } = hubspot.settings;
  hubspot.settings.requestsPer10s = Number.POSITIVE_INFINITY;
  const lambda = startLambda({
    functionName: 'sync-contact',
    bundle: new URL('../dist/sync-contact/index.mjs', import.meta.url).pathname,
    environment: { ...syncEnvironment, HUBSPOT_REQUESTS_PER_10S: '1000000' },
    onLog: stack.keepLog,
  });
  const deliveries = Number(syncEnvironment.MAX_RECEIVE_COUNT);
  try {
    for (let next = 0; next < messages.length; next += BATCH_SIZE) {
      const Records = messages.slice(next, next + BATCH_SIZE).map((message) => recordOf(message, deliveries));
      await lambda.invoke({ Records });
    }
  } finally {
    await lambda.stop();
    for (const fault of faults) fault.remove();
    hubspot.settings.requestsPer10s = requestsPer10s;
    hubspot.journal.clear();
  }
  return messages;
}
