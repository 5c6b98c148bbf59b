import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { checkQueueUrl, connectSqs, explain } from '../aws/queue.ts';
import { resolveStage, type Stage, type StageOptions, whereIs } from '../aws/stage.ts';
import { OperatorError } from '../exit.ts';
import { DAY_MS } from '../terminal/text.ts';
import type { LetterBox } from './letter.ts';

/** SQS keeps a message so long at most, and ours are set to it (infrastructure/queues.yml). */
const RETENTION_MS = 14 * DAY_MS;

/** The dead-letter queue of a stage, ready to be worked on. */
export interface OpenBox extends LetterBox {
  sqs: SQSClient;
  stage: Stage;
  /** Queue, stage, account and region, for a person. */
  where: string;
  region: string;
}

/** @throws OperatorError when it is not known, or cannot be reached. */
async function openBox(options: StageOptions): Promise<OpenBox> {
  const stage = await resolveStage(options);
  const url = checkQueueUrl(stage.dlqUrl, 'deadLetters');
  const { sqs, region } = await connectSqs(stage);
  return { sqs, url, stage, region, where: whereIs(url, stage, region) };
}

/** What SQS counts, approximately, and how long it keeps a letter. */
export interface BoxCounts {
  visible: number;
  inFlight: number;
  retentionMs: number;
}

export async function boxCounts({ sqs, url }: LetterBox): Promise<BoxCounts> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'MessageRetentionPeriod',
      ],
    }),
  );
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages) || 0,
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible) || 0,
    retentionMs: Number(Attributes.MessageRetentionPeriod) * 1_000 || RETENTION_MS,
  };
}

/** Days until SQS deletes a letter, to one decimal, and never less than none. */
export const daysLeft = (sentAtMs: number, retentionMs: number, nowMs: number): number =>
  Math.max(Math.floor(((sentAtMs + retentionMs - nowMs) / DAY_MS) * 10) / 10, 0);

const RIGHTS =
  'work on the dead-letter queue (sqs:ReceiveMessage, sqs:ChangeMessageVisibility and sqs:GetQueueAttributes on it; to move or drop also sqs:DeleteMessage, and sqs:SendMessage on the queue)';

/** Why a call to SQS failed, for an operator; what is no call's fault, as it is. */
function boxProblem(error: unknown): unknown {
  const isOfCall =
    error instanceof Error && ('$metadata' in error || 'code' in error || error.name === 'TimeoutError');
  return isOfCall && !(error instanceof OperatorError) ? explain(error, RIGHTS) : error;
}

/** The same in words, which quote nothing. */
export const problemOf = (error: unknown): string => explain(error, RIGHTS).message;

/** Opens a stage's dead-letter queue for some work, and says for an operator what goes wrong with it. */
export async function inBox<Options extends StageOptions, Result>(
  options: Options,
  work: (box: OpenBox, options: Options) => Promise<Result>,
): Promise<Result> {
  const box = await openBox(options);
  try {
    return await work(box, options);
  } catch (error) {
    throw boxProblem(error);
  } finally {
    box.sqs.destroy();
  }
}
