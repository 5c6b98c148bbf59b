import type { LogLine } from '../aws/log-line.ts';

/** How far a message has come, as the log tells. */
export type MessageState =
  | { state: 'created' | 'updated' | 'unchanged' | 'superseded'; contactId: string | undefined }
  /** Back on the queue, and hidden until then; `undefined` where only SQS knows. */
  | { state: 'put-back'; untilMs: number | undefined; detail: string; deliveries: number | undefined }
  | { state: 'dead'; detail: string }
  | { state: 'on-the-queue' }
  /** The publisher could not put it there. */
  | { state: 'not-published'; reason: string };

export interface MessageStory {
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

/** What the publisher and the daily comparison say of an account, without naming a message. */
const OF_ACCOUNT: Readonly<Record<string, (line: LogLine) => MessageState>> = {
  'A sign-up is not on the queue': ({ reason = 'no reason was given' }) => ({
    state: 'not-published',
    reason,
  }),
  'A sign-up that was missing is on the queue': () => ({ state: 'on-the-queue' }),
};

/** The messages that the lines tell of, the one that was heard of last at the end. */
export function messagesIn(lines: readonly LogLine[]): MessageStory[] {
  const stories = new Map<string, MessageStory>();
  for (const line of lines) {
    const { correlation_id: messageId, outcome, service, atMs, message = '', sub = '' } = line;
    if (messageId === undefined) {
      if (Object.hasOwn(OF_ACCOUNT, message)) {
        const is = OF_ACCOUNT[message]?.(line) ?? stateAt(line);
        stories.set(`${sub} ${line.timestamp}`, { atMs, is });
      }
      continue;
    }
    const isPublished = service === 'publish-verification' && !stories.has(messageId);
    if (outcome === undefined && !isPublished) continue;
    stories.set(messageId, { atMs, is: stateAt(line) });
  }
  return [...stories.values()].toSorted((a, b) => a.atMs - b.atMs);
}
