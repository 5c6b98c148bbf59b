import * as z from 'zod/mini';
import { type Check, failed } from './check.ts';
import { asDeployed, DEPLOY, differing, settingsOf, variable } from './deployed.ts';

const RETENTION_SECONDS = 14 * 24 * 60 * 60;
/** So many times the function's timeout (AWS Lambda developer guide, using Lambda with Amazon SQS). */
const VISIBILITY_TIMES = 6;

export const queue: Check = {
  title: 'The queue is there, and keeps a sign-up for 14 days',
  advice: DEPLOY,
  right: 'sqs:GetQueueAttributes on the queue',
  async run(of) {
    const found = await of.queue();
    const { Timeout: timeout } = (await settingsOf(of)) ?? {};
    const visibility = Number(found.VisibilityTimeout);
    return asDeployed(
      differing(
        found.FifoQueue !== 'true' && 'it is no FIFO queue',
        Number(found.MessageRetentionPeriod) < RETENTION_SECONDS &&
          `it keeps messages for ${Number(found.MessageRetentionPeriod) / 86_400} days: longer outages of HubSpot lose people`,
        found.DeduplicationScope !== undefined &&
          found.DeduplicationScope !== 'messageGroup' &&
          'its deduplication is not by message group',
        timeout !== undefined &&
          visibility < VISIBILITY_TIMES * timeout &&
          `its visibility timeout of ${visibility} s is less than six times the function's ${timeout} s`,
      ),
    );
  },
};

export const deadLetters: Check = {
  title: 'The dead-letter queue is there, and keeps a letter for 14 days',
  advice: DEPLOY,
  right: 'sqs:GetQueueAttributes on the dead-letter queue',
  async run(of) {
    const found = await of.deadLetters();
    return asDeployed(
      differing(
        found.FifoQueue !== 'true' && 'it is no FIFO queue',
        Number(found.MessageRetentionPeriod) < RETENTION_SECONDS &&
          `it keeps letters for ${Number(found.MessageRetentionPeriod) / 86_400} days`,
      ),
    );
  },
};

const redrivePolicy = z.object({
  deadLetterTargetArn: z.string(),
  maxReceiveCount: z.union([z.number(), z.string()]),
});

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

export const redrive: Check = {
  title: 'What the function cannot give up itself, SQS moves to the dead-letter queue',
  advice: DEPLOY,
  right: 'sqs:GetQueueAttributes on both queues',
  async run(of) {
    const policy = redrivePolicy.safeParse(parsed((await of.queue()).RedrivePolicy)).data;
    if (policy === undefined) {
      return failed(
        'The queue has no redrive policy: a message that kills the function comes back for 14 days',
      );
    }
    const { QueueArn } = await of.deadLetters();
    const settings = await settingsOf(of);
    const told = settings && variable(settings, 'MAX_RECEIVE_COUNT');
    return asDeployed(
      differing(
        policy.deadLetterTargetArn !== QueueArn && 'its target is another queue than the dead-letter queue',
        told !== undefined &&
          String(policy.maxReceiveCount) !== told &&
          `it moves a message after ${policy.maxReceiveCount} deliveries, and the function counts to ${told}: letters arrive without a reason`,
      ),
      `after ${policy.maxReceiveCount} deliveries`,
    );
  },
};

const isEncrypted = ({ SqsManagedSseEnabled, KmsMasterKeyId }: Record<string, string | undefined>) =>
  SqsManagedSseEnabled === 'true' || Boolean(KmsMasterKeyId);

export const encryption: Check = {
  title: 'Both queues are encrypted at rest',
  advice: DEPLOY,
  right: 'sqs:GetQueueAttributes on both queues',
  skip: ({ stage }) => (stage.name === 'local' ? 'the SQS of npm run dev encrypts nothing' : undefined),
  async run(of) {
    const [first, second] = [await of.queue(), await of.deadLetters()];
    return asDeployed(
      differing(
        !isEncrypted(first) && 'the queue is not encrypted',
        !isEncrypted(second) && 'the dead-letter queue is not encrypted',
      ),
    );
  },
};
