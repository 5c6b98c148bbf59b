import type { PostConfirmationConfirmSignUpTriggerEvent } from 'aws-lambda';
import { post } from './post.ts';
import { signed } from './signed.ts';

/* The same request by node:http, and nothing of what makes it safe. */

export const handler = async (event: PostConfirmationConfirmSignUpTriggerEvent) => {
  const { AWS_ENDPOINT_URL_SQS: sqs = '', QUEUE_URL } = process.env;
  const { email, sub } = event.request.userAttributes;
  const body = JSON.stringify({
    QueueUrl: QUEUE_URL,
    MessageBody: JSON.stringify({ email, username: event.userName }),
    MessageGroupId: sub,
    MessageDeduplicationId: sub,
  });
  const answer = await post(`${sqs}/`, signed(sqs, 'sqs', 'AmazonSQS.SendMessage', body), body);
  process.stdout.write(`${JSON.stringify({ sub, id: JSON.parse(answer).MessageId })}\n`);
  return event;
};
