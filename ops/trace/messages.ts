import type { LogLine } from '../aws/log-line.ts';

/** How far a message has come, as the log tells. */
export type MessageState =
  | { state: 'created' | 'updated' | 'unchanged' | 'superseded'; contactId: string | undefined }
  /** Back on the queue, and hidden until then; `undefined` where only SQS knows. */
  | { state: 'put-back'; untilMs: number | undefined; detail: string; deliveries: number | undefined }
  | { state: 'dead'; detail: string }
  | { state: 'on-the-queue' };

export interface MessageStory {
  messageId: string;
  atMs: number;
  is: MessageState;
}

const DONE = {
  created: 'created',
  updated: 'updated',
  'username-only': 'updated',
  unchanged: 'unchanged',
  superseded: 'superseded',
} as const;

const isDone = (outcome: string | undefined): outcome is keyof typeof DONE =>
  outcome !== undefined && Object.hasOwn(DONE, outcome);

function stateAt({ outcome, contactId, detail = '', atMs, delaySeconds, deliveries }: LogLine): MessageState {
  if (isDone(outcome)) return { state: DONE[outcome], contactId };
  if (outcome === 'dead-letter') return { state: 'dead', detail };
  if (outcome === 'retry') {
    // The line is written when SQS has been told, so the time is right to the length of that call.
    const untilMs = delaySeconds === undefined ? undefined : atMs + delaySeconds * 1_000;
    return { state: 'put-back', untilMs, detail, deliveries };
  }
  return { state: 'on-the-queue' };
}

/** The messages that the lines tell of, the one that was heard of last at the end. */
export function messagesIn(lines: readonly LogLine[]): MessageStory[] {
  const stories = new Map<string, MessageStory>();
  for (const line of lines) {
    const { correlation_id: messageId, outcome, service, atMs } = line;
    if (messageId === undefined) continue;
    const isPublished = service === 'publish-verification' && !stories.has(messageId);
    if (outcome === undefined && !isPublished) continue;
    stories.set(messageId, { messageId, atMs, is: stateAt(line) });
  }
  return [...stories.values()].toSorted((a, b) => a.atMs - b.atMs);
}
