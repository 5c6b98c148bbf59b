import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { requireVerification, type Verification } from './verification.ts';
import { type PublishingOptions, verificationMessage } from './verification-message.ts';

/* The sending side, and all that other programs get when they import this package. */

export { DeliveryError, type Failure } from './failure.ts';
export { type PublishingOptions, type Verification, verificationMessage };

/** Where a verification goes, and how long the sender is ready to wait. */
export interface Destination {
  sqs: Pick<SQSClient, 'send'>;
  queueUrl: string;
  abortSignal?: AbortSignal;
}

/**
 * Puts one verified sign-up on the queue, for a Node.js back end that does not go through Cognito.
 *
 * @throws DeliveryError when the verification is not one: it names each bad field and why, without its value. Otherwise
 * what the AWS SDK throws.
 */
export async function publishVerification(
  verification: Verification,
  { sqs, queueUrl, abortSignal, ...options }: PublishingOptions & Destination,
): Promise<{ messageId: string | undefined }> {
  const message = verificationMessage(requireVerification(verification), options);
  const { MessageId } = await sqs.send(
    new SendMessageCommand({ QueueUrl: queueUrl, ...message }),
    abortSignal ? { abortSignal } : {},
  );
  return { messageId: MessageId };
}
