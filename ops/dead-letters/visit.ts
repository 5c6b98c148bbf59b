import {
  ChangeMessageVisibilityBatchCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { type Letter, type LetterBox, letterOf } from './letter.ts';

/** The most that SQS hands over, or takes, at once. */
const BATCH_SIZE = 10;
/** Long polling asks all of SQS's servers: a short poll may miss letters (Amazon SQS developer guide). */
const WAIT_SECONDS = 1;
/** So often in a row nothing but letters that were seen before may come, until the box counts as read. */
const STALE_MAX = 20;
const RELEASES_AT_ONCE = 8;

/** What becomes of a letter that is visited: it is deleted, or stays. */
export type Fate = 'gone' | 'stays';

export interface VisitOptions {
  /** Called once for each letter, in the order in which SQS hands them over. */
  onLetter: (letter: Letter) => Promise<Fate>;
  /** Ends the visit after the letters in hand. */
  stop: AbortSignal;
  /** How long a letter is hidden from others if nobody can release it any more. */
  hideSeconds: number;
  /** Since 1970. */
  timeOfDay: () => number;
  /** How many receives are under way at a time. Default 1. */
  workers?: number;
  /** Whether enough has been seen. */
  isDone?: () => boolean;
}

/**
 * Visits every letter of a dead-letter queue once, and leaves those that stay as they were: when the visit ends, in
 * whatever way, they are visible again at once.
 *
 * Letters of one person come in order, and the later ones only while the earlier ones are visible, or with them in one
 * receive. A receive that is full may have cut a person's letters in two: those people's are released, and received again
 * together.
 */
export async function visitLetters(
  { sqs, url }: LetterBox,
  { onLetter, stop, hideSeconds, timeOfDay, workers = 1, isDone = () => false }: VisitOptions,
): Promise<void> {
  const held = new Map<string, { receiptHandle: string; groupId: string | undefined }>();
  const seen = new Set<string>();
  const isOver = () => stop.aborted || isDone();

  async function receive(): Promise<Message[]> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: BATCH_SIZE,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
        VisibilityTimeout: hideSeconds,
        WaitTimeSeconds: WAIT_SECONDS,
      }),
    );
    return Messages;
  }

  async function release(ids: readonly string[]): Promise<void> {
    const waiting = [...ids];
    const worker = async () => {
      for (
        let batch = waiting.splice(0, BATCH_SIZE);
        batch.length > 0;
        batch = waiting.splice(0, BATCH_SIZE)
      ) {
        const Entries = batch.map((id, index) => ({
          Id: String(index),
          ReceiptHandle: held.get(id)?.receiptHandle,
          VisibilityTimeout: 0,
        }));
        await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
        for (const id of batch) held.delete(id);
      }
    };
    await Promise.all(Array.from({ length: RELEASES_AT_ONCE }, worker));
  }

  /** Receives until nothing new comes. @returns the people whose letters may have been cut, and whether there was anything new */
  async function pass(): Promise<{ cut: Set<string | undefined>; found: number }> {
    const cut = new Set<string | undefined>();
    let found = 0;
    let stale = 0;
    let dry = false;
    const worker = async () => {
      while (!dry && stale < STALE_MAX && !isOver()) {
        const letters = (await receive()).map((message) => letterOf(message, timeOfDay()));
        if (letters.length === 0) {
          dry = true;
          return;
        }
        for (const letter of letters) held.set(letter.id, letter);
        const fresh = letters.filter(({ id }) => !seen.has(id));
        stale = fresh.length === 0 ? stale + 1 : 0;
        for (const letter of fresh) {
          if (isOver()) return;
          seen.add(letter.id);
          found += 1;
          if ((await onLetter(letter)) === 'gone') held.delete(letter.id);
        }
        if (letters.length === BATCH_SIZE) cut.add(letters.at(-1)?.groupId);
      }
    };
    // One that fails ends the others, and is heard of when they have nothing in hand any more.
    const guarded = () =>
      worker().catch((error: unknown) => {
        dry = true;
        throw error;
      });
    const ended = await Promise.allSettled(Array.from({ length: workers }, guarded));
    const failure = ended.find(({ status }) => status === 'rejected');
    if (failure?.status === 'rejected') throw failure.reason;
    return { cut, found };
  }

  try {
    for (;;) {
      const { cut, found } = await pass();
      if (isOver() || found === 0 || cut.size === 0) return;
      await release([...held].filter(([, { groupId }]) => cut.has(groupId)).map(([id]) => id));
    }
  } finally {
    await release([...held.keys()]);
  }
}
