import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { Queues } from '../sandbox/queues.ts';

/** SQS takes ten messages at a time. */
const SEND_BATCH = 10;

export interface Person {
  email: string;
  username: string;
}

/** So many people, none of them twice. */
export const people = (count: number, name = 'user'): Person[] =>
  Array.from({ length: count }, (_, n) => ({ email: `${name}-${n}@example.org`, username: `${name}-${n}` }));

/** Puts their sign-ups on the queue, in groups of their own. */
export async function fill({ sqs, queueUrl }: Queues, signUps: readonly Person[]): Promise<void> {
  for (let first = 0; first < signUps.length; first += SEND_BATCH) {
    const { Failed: failed = [] } = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: signUps.slice(first, first + SEND_BATCH).map((person) => ({
          Id: person.username,
          MessageBody: JSON.stringify({ ...person, verifiedAt: new Date().toISOString() }),
          MessageGroupId: person.username,
          MessageDeduplicationId: person.username,
        })),
      }),
    );
    if (failed.length > 0) throw new Error(`The queue did not take ${failed.length} messages`);
  }
}
