import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { firstAttempt } from '../aws/first-attempt.ts';
import type { Publish } from '../publisher.ts';
import { requireVerification } from '../verification.ts';
import { verificationMessage } from '../verification-message.ts';
import { lazySqs } from './sqs.ts';

const ATTEMPT_MS = 1_000;

const answerSchema = z.object({ MessageId: z.string(), MD5OfMessageBody: z.string() });

/** What SQS has understood is what was sent. The SDK's client looks at the same. */
const isOf = (body: string, md5: string): boolean => createHash('md5').update(body).digest('hex') === md5;

/**
 * Puts verifications on the queue in at most three attempts: the first one is a bare request, the others are the SDK's
 * client. If the first did arrive all the same, the queue takes the second for what it is: a repeat of one message.
 */
export function publishOnQueue(): Publish {
  const loadSqs = lazySqs({ maxAttempts: 2, connectionTimeoutMs: 500, requestTimeoutMs: ATTEMPT_MS });

  return async (verification, { queueUrl, sub, abortSignal }) => {
    const message = verificationMessage(requireVerification(verification), { sub });
    const input = { QueueUrl: queueUrl, ...message };
    const first = await firstAttempt({ service: 'sqs', action: 'SendMessage', input, timeoutMs: ATTEMPT_MS });
    if ('answer' in first) {
      const { data } = answerSchema.safeParse(first.answer);
      if (data !== undefined && isOf(message.MessageBody, data.MD5OfMessageBody))
        return { messageId: data.MessageId };
    }
    const { sqs, sdk } = await loadSqs();
    const { MessageId } = await sqs.send(new sdk.SendMessageCommand(input), { abortSignal });
    return { messageId: MessageId };
  };
}
