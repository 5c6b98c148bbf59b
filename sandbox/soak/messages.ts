import { randomUUID } from 'node:crypto';
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import type { Queues } from '../queues.ts';
import type { Person } from './people.ts';

const SEND_BATCH = 10;

function entry({ email }: Person, username: string): SendMessageBatchRequestEntry {
  return {
    Id: randomUUID(),
    MessageBody: JSON.stringify({ email, username, verifiedAt: new Date().toISOString() }),
    MessageGroupId: email.toLowerCase(),
    MessageDeduplicationId: randomUUID(),
  };
}

const replay = { MessageAttributes: { Replay: { DataType: 'String', StringValue: 'true' } } };

function atFirst(person: Person): SendMessageBatchRequestEntry[] {
  const { username, signedUpBefore, sentAgain } = person;
  const first = entry(person, signedUpBefore?.as ?? username);
  if (signedUpBefore?.then === 'at once') return [first, entry(person, username)];
  if (sentAgain === 'no') return [first];
  const second = { ...first, Id: randomUUID(), MessageDeduplicationId: randomUUID() };
  return [first, sentAgain === 'replay' ? { ...second, ...replay } : second];
}

const later = (person: Person): SendMessageBatchRequestEntry[] =>
  person.signedUpBefore?.then === 'later' ? [entry(person, person.username)] : [];

/** Puts everybody's messages on the queue: who signs up again later does so when all others have signed up. */
export async function sendSignUps({ sqs, queueUrl }: Queues, people: readonly Person[]): Promise<void> {
  for (const messagesOf of [atFirst, later]) {
    const messages = people.flatMap(messagesOf);
    for (let first = 0; first < messages.length; first += SEND_BATCH) {
      const Entries = messages.slice(first, first + SEND_BATCH);
      const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      if (Failed.length > 0) throw new Error(`The queue did not take ${Failed.length} messages`);
    }
  }
}
