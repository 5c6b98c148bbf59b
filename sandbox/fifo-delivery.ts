/*
 * fauxqs exports neither class nor expression; imported as files, they are the very ones that it works with itself.
 */
import { SqsQueue } from '../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { INVALID_MESSAGE_BODY_CHAR } from '../node_modules/fauxqs/dist/sqs/sqsTypes.js';

type SqsMessage = SqsQueue['messages'][number];

const { enqueue, dequeue, processTimers } = SqsQueue.prototype;
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
    enqueue.call(this, message);
  };
  SqsQueue.prototype.processTimers = function () {
    if (receiving) return;
    processTimers.call(this);
    sortGroups(this);
  };
  SqsQueue.prototype.dequeue = function (...args) {
    return this.isFifo() ? dequeueGroups(this, ...args) : dequeue.apply(this, args);
  };
  INVALID_MESSAGE_BODY_CHAR.compile(
    '[^\\x09\\x0A\\x0D\\x20-\\uD7FF\\uE000-\\uFFFD\\u{10000}-\\u{10FFFF}]',
    'u',
  );
}
