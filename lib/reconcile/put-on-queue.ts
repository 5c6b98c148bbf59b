import type { SQSClient } from '@aws-sdk/client-sqs';
import { BATCH_SIZE, type SendBatchOptions, sendBatch } from '../queue/send-batch.ts';
import type { Account } from './account.ts';

/** What became of people who were to be sent. */
export interface Sent {
  accounts: Account[];
  /** SQS's error codes, one for each person whom it did not take. */
  refused: string[];
  /** Why a call failed for good, as the SDK has it: then the rest was not tried. */
  error?: unknown;
}

export interface PutOnQueueOptions extends SendBatchOptions {
  /** Waited for before each batch; false ends it. */
  turn?: (count: number) => Promise<boolean>;
}

/** Sends people as replays, ten by ten. What a run sends for the second time, SQS drops within five minutes. */
export async function putOnQueue(
  queue: { sqs: Pick<SQSClient, 'send'>; url: string },
  accounts: readonly Account[],
  { turn = async () => true, ...options }: PutOnQueueOptions,
): Promise<Sent> {
  const sent: Sent = { accounts: [], refused: [] };
  for (let next = 0; next < accounts.length; next += BATCH_SIZE) {
    const batch = accounts.slice(next, next + BATCH_SIZE);
    if (!(await turn(batch.length))) return sent;
    const entries = batch.map(({ verification }, line) => ({ line, verification }));
    const result = await sendBatch(queue, entries, options);
    sent.accounts.push(...batch.filter((_, line) => result.sent.includes(line)));
    sent.refused.push(...result.failed.map(({ code }) => code));
    if (result.error !== undefined) return { ...sent, error: result.error };
  }
  return sent;
}
