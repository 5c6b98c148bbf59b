import {
  SendMessageBatchCommand,
  type SendMessageBatchCommandOutput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { type Clock, machineClock } from '../clock.ts';
import { type Verification, verificationMessage } from '../publishing.ts';

/** The most entries that one SendMessageBatch takes (Amazon SQS API reference). */
export const BATCH_SIZE = 10;

const ATTEMPTS = 6;
const RETRY_BASE_MS = 200;
const RETRY_MAX_MS = 5_000;

/** One verification, and the line of the input that it stands in, or any number of its own. */
export interface Entry {
  line: number;
  verification: Verification;
}

/** What became of a batch. Every line is in one of the two lists, unless a call failed for good. */
export interface BatchResult {
  sent: number[];
  /** With SQS's error code, never its message. */
  failed: { line: number; code: string }[];
  /** Why a whole call failed for good, as the SDK has it. Lines in neither list may be on the queue or not. */
  error?: unknown;
}

/** Full jitter, as in the AWS Builders' Library's "Timeouts, retries and backoff with jitter". */
const backOffMs = (attempt: number, random: () => number): number =>
  random() * Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** attempt);

const NEVER = new AbortController().signal;

/** How a batch is sent. */
export interface SendBatchOptions {
  /** Names the run: entries that it has sent before are dropped by SQS, those of other runs are not. */
  run: string;
  /** Ends the waiting and the retries, not a call that is under way. */
  stop?: AbortSignal;
  /** Ends the calls too. */
  abortSignal?: AbortSignal;
  clock?: Pick<Clock, 'sleep'>;
  random?: () => number;
}

/**
 * Sends up to ten verifications as replays. Entries that SQS could not take are sent again, only they, and with
 * back-off; those that it will never take are not.
 */
export async function sendBatch(
  { sqs, url }: { sqs: Pick<SQSClient, 'send'>; url: string },
  entries: readonly Entry[],
  { run, stop, abortSignal, clock = machineClock, random = Math.random }: SendBatchOptions,
): Promise<BatchResult> {
  const result: BatchResult = { sent: [], failed: [] };
  const waiting = new Map(entries.map((entry) => [String(entry.line), entry]));
  for (let attempt = 1; ; attempt += 1) {
    const command = new SendMessageBatchCommand({
      QueueUrl: url,
      Entries: [...waiting].map(([Id, { verification }]) => ({
        Id,
        ...verificationMessage(verification, { replay: true, run }),
      })),
    });
    let answer: SendMessageBatchCommandOutput;
    try {
      answer = await sqs.send(command, abortSignal ? { abortSignal } : {});
    } catch (error) {
      // Not thrown: what earlier calls have sent would be forgotten, and sent again.
      return { ...result, error };
    }
    const { Successful = [], Failed = [] } = answer;
    const codes = new Map<string, string>();
    for (const { Id = '' } of Successful) {
      const entry = waiting.get(Id);
      if (entry !== undefined) result.sent.push(entry.line);
      waiting.delete(Id);
    }
    for (const { Id = '', Code = 'unknown', SenderFault } of Failed) {
      const entry = waiting.get(Id);
      codes.set(Id, Code);
      if (entry === undefined || SenderFault !== true) continue;
      result.failed.push({ line: entry.line, code: Code });
      waiting.delete(Id);
    }
    if (waiting.size === 0) return result;
    if (attempt === ATTEMPTS || stop?.aborted) {
      for (const [id, { line }] of waiting) result.failed.push({ line, code: codes.get(id) ?? 'no answer' });
      return result;
    }
    await clock.sleep(backOffMs(attempt, random), stop ?? NEVER).catch(() => undefined);
  }
}
