import { randomUUID } from 'node:crypto';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Queues } from '../queues.ts';

/**
 * Sends every dead letter back as the operators' redrive does: body and attributes as they are, a fresh deduplication ID.
 *
 * @returns the body of each
 */
export async function redriveAll({ sqs, queueUrl, dlqUrl }: Queues): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { Messages: letters = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: dlqUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    );
    if (letters.length === 0) return bodies;
    for (const { Body = '', MessageAttributes, Attributes, ReceiptHandle } of letters) {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: Body,
          MessageAttributes,
          MessageGroupId: Attributes?.MessageGroupId,
          MessageDeduplicationId: randomUUID(),
        }),
      );
      await sqs.send(new DeleteMessageCommand({ QueueUrl: dlqUrl, ReceiptHandle }));
      bodies.push(Body);
    }
  }
}
