import type { Timeline } from '../time/timeline.ts';
import { checkMessage, createDeduplication, type SqsMessage, sqsError } from './fifo-intake.ts';
import { createMover, type MoveOptions } from './fifo-move.ts';
import { createFifoOrder, type Entry, type MovedMessage, type StoredMessage } from './fifo-order.ts';

/** A message as it is kept. Times are in milliseconds since 1970. */
export interface HeldMessage extends StoredMessage {
  /** Twenty digits: the order of sending. */
  sequenceNumber: string;
  /** Undefined while it is visible. */
  hiddenUntil: number | undefined;
}

/** One delivery of one message. */
export interface ReceivedMessage extends Omit<HeldMessage, 'hiddenUntil'> {
  receiptHandle: string;
  firstReceivedAt: number;
}

/** What CloudWatch shows of a queue. */
export interface QueueDepth {
  /** ApproximateNumberOfMessagesVisible. What waits behind a hidden message of its group counts too. */
  visible: number;
  /** ApproximateNumberOfMessagesNotVisible. */
  inFlight: number;
  /** For ApproximateAgeOfOldestMessage, hidden messages included. */
  oldestSentAt: number | undefined;
}

export interface FifoQueueOptions {
  timeline: Timeline;
  /** An ID that no other call has answered; without a colon. */
  newId: () => string;
  visibilityTimeoutMs: number;
  /** SQS deletes a message so long after it came in. Default: 14 days. */
  retentionMs?: number;
  /** MaximumMessageSize. Default: 1 MiB, as in SQS. */
  maxBytes?: number;
  redrive?: { to: FifoQueue; maxReceiveCount: number };
  /**
   * Something became receivable, and still is. Called by an event of the timeline, once for all that happened at the
   * same moment. What a receive leaves is not announced again.
   */
  onVisible?: () => void;
  /** The message was deleted for its age. */
  onExpired?: (message: HeldMessage) => void;
  /** While so many are in flight, a receive gives nothing. */
  maxInFlight?: number;
  /** So many of the oldest messages, hidden ones too, are looked through for groups that are free. */
  lookThrough?: number;
  /**
   * Whether a hidden message locks also those of its group that were sent before it, as ReceiveMessage is documented:
   * they can be visible again where they were received together. Without it they are delivered, as AWS was recorded to
   * do in November 2025: localstack, test_fifo_message_group_visibility_after_change_message_visibility and
   * test_fifo_group_visibility_extends_with_change_message_visibility.
   */
  wholeGroupLock?: boolean;
}

/** An SQS FIFO queue in memory. What it refuses throws an Error whose `name` is SQS's error code. */
export interface FifoQueue {
  /** @throws InvalidMessageContents, InvalidParameterValue or MissingParameter */
  send(message: SqsMessage): { messageId: string };
  /**
   * @param max 1 to 10
   * @throws InvalidParameterValue
   */
  receive(max: number): ReceivedMessage[];
  /** Of a message that is gone, it does nothing. @throws ReceiptHandleIsInvalid or InvalidParameterValue */
  delete(receiptHandle: string): void;
  /** @throws ReceiptHandleIsInvalid, MessageNotInflight or InvalidParameterValue */
  changeVisibility(receiptHandle: string, seconds: number): void;
  depth(): QueueDepth;
  /** For how many groups a receive could give something, now or later. CloudWatch does not show it. */
  waitingGroups(): number;
  /** Moves what can be received, oldest first, until nothing can. @throws InvalidParameterValue */
  startMove(to: FifoQueue, options: MoveOptions): void;
  /** Every message, in the order of sending. */
  peekAll(): HeldMessage[];
  /** For the queue that a message is moved from: no check, and no deduplication. */
  takeOver(message: MovedMessage): void;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
/** SQS docs, ChangeMessageVisibility: counted from the receive. */
const HIDDEN_MAX_SECONDS = 12 * 60 * 60;
/** SQS docs, quotas for FIFO queues; "Avoid large message backlogs with the same message group ID". */
const MAX_IN_FLIGHT = 120_000;
const LOOK_THROUGH = 120_000;
/** SQS docs, ReceiveMessage. */
const RECEIVE_MAX = 10;

/**
 * @returns an empty queue with deduplication and throughput per message group. It keeps to what AWS documents, and to
 * what localstack has recorded on AWS (`test_sqs.py`, tests marked `aws.validated`) where that says more.
 */
export function createFifoQueue({
  timeline,
  newId,
  visibilityTimeoutMs,
  retentionMs = 14 * DAY_MS,
  maxBytes = 1024 * 1024,
  redrive,
  onVisible,
  onExpired,
  maxInFlight = MAX_IN_FLIGHT,
  lookThrough = LOOK_THROUGH,
  wholeGroupLock = false,
}: FifoQueueOptions): FifoQueue {
  const queueId = newId();
  const deduplication = createDeduplication(timeline.now);
  const order = createFifoOrder({ lookThrough, wholeGroupLock, onFree: announce });
  const held = new Map<string, Entry>();
  let announced = false;
  let watchingAge = false;

  function announce(): void {
    if (announced || onVisible === undefined) return;
    announced = true;
    timeline.after(0, () => {
      announced = false;
      if (order.inFlight() < maxInFlight && order.next() !== undefined) onVisible();
    });
  }

  /** Where too many were in flight, one fewer sets free what waits. */
  function announceRoom(): void {
    if (order.inFlight() === maxInFlight - 1) announce();
  }

  /** Messages come in in the order of their age, so one timer, for the oldest, does for all. */
  function watchAge(): void {
    const oldest = order.oldest();
    if (watchingAge || oldest === undefined) return;
    watchingAge = true;
    timeline.at(oldest.sentAt + retentionMs, () => {
      watchingAge = false;
      for (let entry = order.oldest(); entry !== undefined; entry = order.oldest()) {
        if (entry.sentAt + retentionMs > timeline.now()) break;
        const expired = heldMessage(entry);
        drop(entry);
        onExpired?.(expired);
      }
      watchAge();
    });
  }

  function takeOver(message: MovedMessage): void {
    const { messageId, receiveCount, body, groupId, deduplicationId, attributes } = message;
    const arrival = { sentAt: timeline.now(), receiveCount, firstReceivedAt: undefined };
    deduplication.remember(message, messageId);
    held.set(messageId, order.append({ messageId, body, groupId, deduplicationId, attributes, ...arrival }));
    watchAge();
  }

  function drop(entry: Entry): void {
    held.delete(entry.messageId);
    order.remove(entry);
    announceRoom();
  }

  function show(entry: Entry): void {
    order.show(entry);
    announceRoom();
  }

  function hide(entry: Entry, receivedAt: number, ms: number): void {
    const until = timeline.now() + ms;
    order.hide(entry, { receivedAt, until, end: timeline.at(until, () => show(entry)) });
  }

  function deliver(entry: Entry): ReceivedMessage {
    const now = timeline.now();
    entry.receiveCount += 1;
    entry.firstReceivedAt ??= now;
    hide(entry, now, visibilityTimeoutMs);
    const { hiddenUntil: _, ...message } = heldMessage(entry);
    const receiptHandle = `${queueId}:${entry.messageId}:${entry.receiveCount}`;
    return { ...message, firstReceivedAt: entry.firstReceivedAt, receiptHandle };
  }

  /** What SQS does itself gives no reason: the message is the same, but for its deduplication ID and its age. */
  function moveToDeadLetters(entry: Entry, { to }: { to: FifoQueue }): void {
    drop(entry);
    to.takeOver({ ...entry, deduplicationId: entry.messageId });
  }

  const startMove = createMover(timeline, newId, () => {
    const entry = order.next();
    if (entry !== undefined) drop(entry);
    return entry;
  });

  function read(receiptHandle: string): { entry: Entry | undefined; isLatest: boolean } {
    const [queue, messageId = '', count] = receiptHandle.split(':');
    if (queue !== queueId || count === undefined)
      throw sqsError('ReceiptHandleIsInvalid', `"${receiptHandle}" is not a valid receipt handle.`);
    const entry = held.get(messageId);
    return { entry, isLatest: Number(count) === entry?.receiveCount };
  }

  return {
    send(message) {
      checkMessage(message, maxBytes);
      const known = deduplication.taken(message);
      if (known !== undefined) return { messageId: known };
      const messageId = newId();
      takeOver({ ...message, messageId, receiveCount: 0 });
      return { messageId };
    },

    receive(max) {
      if (!Number.isInteger(max) || max < 1 || max > RECEIVE_MAX)
        throw sqsError('InvalidParameterValue', `MaxNumberOfMessages must be between 1 and ${RECEIVE_MAX}.`);
      const received: ReceivedMessage[] = [];
      const hasRoom = () => received.length < max && order.inFlight() < maxInFlight;
      while (hasRoom()) {
        let entry = order.next();
        if (entry === undefined) break;
        // As many of a group as there are before the first hidden one, then the next group (SQS docs, delivery logic).
        while (entry !== undefined && entry.inFlight === undefined && hasRoom()) {
          const { behind }: Entry = entry;
          if (redrive !== undefined && entry.receiveCount >= redrive.maxReceiveCount)
            moveToDeadLetters(entry, redrive);
          else received.push(deliver(entry));
          entry = behind;
        }
      }
      return received;
    },

    /*
     * "For FIFO queues, a receipt handle expires after a visibility timeout period" (re:Post, knowledge center,
     * sqs-receipt-handle-error), so the message cannot be deleted, even where nobody has received it since; recorded in
     * localstack's test_fifo_delete_after_visibility_timeout. Deleting twice is no error (recorded for standard queues).
     */
    delete(receiptHandle) {
      const { entry, isLatest } = read(receiptHandle);
      if (entry === undefined) return;
      if (!isLatest || entry.inFlight === undefined)
        throw sqsError('InvalidParameterValue', `${receiptHandle}: The receipt handle has expired.`);
      drop(entry);
    },

    changeVisibility(receiptHandle, seconds) {
      const { entry, isLatest } = read(receiptHandle);
      if (!Number.isInteger(seconds) || seconds < 0)
        throw sqsError('InvalidParameterValue', 'VisibilityTimeout must be a whole number of seconds.');
      // Recorded in localstack's test_change_visibility_on_deleted_message_raises_invalid_parameter_value.
      if (entry === undefined)
        throw sqsError('InvalidParameterValue', `${receiptHandle}: Message does not exist.`);
      if (!isLatest)
        throw sqsError('ReceiptHandleIsInvalid', `${receiptHandle}: The receipt handle has expired.`);
      if (entry.inFlight === undefined)
        throw sqsError('MessageNotInflight', `${receiptHandle}: The message is not in flight.`);
      const { receivedAt } = entry.inFlight;
      if (timeline.now() + seconds * 1_000 > receivedAt + HIDDEN_MAX_SECONDS * 1_000)
        throw sqsError(
          'InvalidParameterValue',
          `Total VisibilityTimeout for the message is beyond the limit [${HIDDEN_MAX_SECONDS} seconds].`,
        );
      if (seconds === 0) show(entry);
      else hide(entry, receivedAt, seconds * 1_000);
    },

    // What waits behind a hidden message counts as visible: localstack has recorded it on AWS, in
    // test_fifo_approximate_number_of_messages_not_visible. "For FIFO queues, the result is exact" (SQS docs, resources
    // required to process messages).
    depth: () => ({
      visible: order.held() - order.inFlight(),
      inFlight: order.inFlight(),
      oldestSentAt: order.oldest()?.sentAt,
    }),

    waitingGroups: order.waitingGroups,

    startMove,

    peekAll() {
      const messages: HeldMessage[] = [];
      for (let entry = order.oldest(); entry !== undefined; entry = entry.newer)
        messages.push(heldMessage(entry));
      return messages;
    },

    takeOver,
  };
}

const heldMessage = (entry: Entry): HeldMessage => ({
  messageId: entry.messageId,
  body: entry.body,
  groupId: entry.groupId,
  deduplicationId: entry.deduplicationId,
  attributes: entry.attributes,
  sentAt: entry.sentAt,
  receiveCount: entry.receiveCount,
  firstReceivedAt: entry.firstReceivedAt,
  sequenceNumber: String(entry.sequence).padStart(20, '0'),
  hiddenUntil: entry.inFlight?.until,
});
