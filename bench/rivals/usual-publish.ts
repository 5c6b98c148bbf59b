import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { PostConfirmationConfirmSignUpTriggerEvent } from 'aws-lambda';

/* The usual way: the SDK's client, and nothing else that publish-verification does. */

const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });

export const handler = async (event: PostConfirmationConfirmSignUpTriggerEvent) => {
  const { email, sub } = event.request.userAttributes;
  const { MessageId } = await sqs.send(
    new SendMessageCommand({
      QueueUrl: process.env.QUEUE_URL ?? '',
      MessageBody: JSON.stringify({ email, username: event.userName }),
      MessageGroupId: sub ?? '',
      MessageDeduplicationId: sub ?? '',
    }),
  );
  process.stdout.write(`${JSON.stringify({ sub, MessageId })}\n`);
  return event;
};
