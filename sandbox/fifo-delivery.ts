/*
 * fauxqs exports neither class nor expression; imported as files, they are the very ones that it works with itself.
 */
import { SqsQueue } from '../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { INVALID_MESSAGE_BODY_CHAR } from '../node_modules/fauxqs/dist/sqs/sqsTypes.js';

type SqsMessage = SqsQueue['messages'][number];

/** What somebody wants to hear of a queue, and whether it hands out messages at all. */
export interface QueueWatch {
  /** A message came to the queue; not one that only became visible again. */
  onArrival?(message: Readonly<SqsMessage>): void;
  /** A message was deleted. */
  onDeletion?(message: Readonly<SqsMessage>): void;
}

/** By the queue's URL, which has the port of its server. */
const watches = new Map<string, QueueWatch>();

/** From now on this is told of the queue, in the place of whoever was before. */
export const watchQueue = (url: string, watch: QueueWatch): unknown => watches.set(url, watch);

export const unwatchQueue = (url: string): unknown => watches.delete(url);

/** Queues that hand nothing out, by URL; each with itself, once somebody has asked it in vain. */
const paused = new Map<string, SqsQueue | undefined>();

/** From now on every receive comes back empty. */
export const pauseQueue = (url: string): unknown => paused.set(url, undefined);

export const isPaused = (url: string): boolean => paused.has(url);

/** Messages are handed out again, at once to those who wait. */
export function resumeQueue(url: string): void {
  const queue = paused.get(url);
  paused.delete(url);
  queue?.cancelWaiters();
}

const { enqueue, dequeue, processTimers, deleteMessage } = SqsQueue.prototype;
const arrivals = new WeakMap<SqsMessage, number>();
let arrived = 0;
/** What becomes visible in the course of a receive has to wait for the next one. */
let receiving = false;

const byArrival = (a: SqsMessage, b: SqsMessage): number => (arrivals.get(a) ?? 0) - (arrivals.get(b) ?? 0);

/** fauxqs puts back at the front of a group, one after another: two put back in their order would come out reversed. */
function sortGroups({ fifoMessages }: SqsQueue): void {
  for (const waiting of fifoMessages.values()) {
    if (waiting.length > 1) waiting.sort(byArrival);
  }
}

/** fauxqs takes one message of each group and locks it: whatever one receive has locked stays open to that receive. */
function dequeueGroups(queue: SqsQueue, ...[max, ...options]: Parameters<typeof dequeue>) {
  queue.processTimers();
  const inOtherHands = new Set(queue.fifoLockedGroups.keys());
  const received: ReturnType<typeof dequeue> = [];
  receiving = true;
  try {
    while (received.length < max) {
      const own = [...queue.fifoLockedGroups].filter(([group]) => !inOtherHands.has(group));
      for (const [group] of own) queue.fifoLockedGroups.delete(group);
      const [message] = dequeue.call(queue, 1, ...options);
      for (const [group, count] of own) {
        queue.fifoLockedGroups.set(group, count + (queue.fifoLockedGroups.get(group) ?? 0));
      }
      if (message === undefined) break;
      received.push(message);
    }
    return received;
  } finally {
    receiving = false;
  }
}

/**
 * Teaches fauxqs, in this process, what SQS does (SQS docs, FIFO delivery logic; SendMessage, Important): one receive
 * hands over as many messages of a group as it may before it turns to the next group; a group keeps its order, however
 * its messages are put back; and bodies may hold characters beyond U+FFFF.
 */
export function deliverAsInAws(): void {
  SqsQueue.prototype.enqueue = function (message) {
    arrived += 1;
    arrivals.set(message, arrived);
    // Before it is there: somebody may be waiting for it, and be faster.
    watches.get(this.url)?.onArrival?.(message);
    enqueue.call(this, message);
  };
  SqsQueue.prototype.deleteMessage = function (receiptHandle) {
    const message = this.inflightMessages.get(receiptHandle)?.message;
    const deleted = deleteMessage.call(this, receiptHandle);
    if (deleted && message !== undefined) watches.get(this.url)?.onDeletion?.(message);
    return deleted;
  };
  SqsQueue.prototype.processTimers = function () {
    if (receiving || paused.has(this.url)) return;
    processTimers.call(this);
    sortGroups(this);
  };
  SqsQueue.prototype.dequeue = function (...args) {
    if (paused.has(this.url)) {
      paused.set(this.url, this);
      return [];
    }
    return this.isFifo() ? dequeueGroups(this, ...args) : dequeue.apply(this, args);
  };
  INVALID_MESSAGE_BODY_CHAR.compile(
    '[^\\x09\\x0A\\x0D\\x20-\\uD7FF\\uE000-\\uFFFD\\u{10000}-\\u{10FFFF}]',
    'u',
  );
}
