import TinyQueue from 'tinyqueue';
import type { Scheduled } from '../time/timeline.ts';
import type { SqsMessage } from './fifo-intake.ts';

/** A message in a queue. Times are in milliseconds since 1970. */
export interface StoredMessage extends SqsMessage {
  messageId: string;
  /** When it came into this queue. */
  sentAt: number;
  /** How often it has been received, in all queues together. */
  receiveCount: number;
  /** When it was first received from this queue. */
  firstReceivedAt: number | undefined;
}

/** A message that SQS itself brings from another queue. */
export type MovedMessage = SqsMessage & Pick<StoredMessage, 'messageId' | 'receiveCount'>;

/** What is true of a message while it is hidden. */
export interface InFlight {
  receivedAt: number;
  until: number;
  /** Makes it visible again. */
  end: Scheduled;
}

/** A message in its place. Only the order changes what is linked here. */
export interface Entry extends StoredMessage {
  readonly sequence: number;
  inFlight: InFlight | undefined;
  readonly group: Group;
  /** Groups are served in the order of their first messages' places. */
  place: number;
  /** Its neighbours in the queue, in the order of sending. */
  older: Entry | undefined;
  newer: Entry | undefined;
  /** Its neighbours in the group, in the order of sending. */
  ahead: Entry | undefined;
  behind: Entry | undefined;
}

interface Group {
  head: Entry | undefined;
  tail: Entry | undefined;
  inFlight: number;
  /** The place with which it lined up last. */
  linedUpAt: number | undefined;
  /** That its first message is visible. */
  waits: boolean;
}

/** The messages of a FIFO queue in their order, and which of them may be received next. */
export interface FifoOrder {
  append(message: StoredMessage): Entry;
  remove(entry: Entry): void;
  hide(entry: Entry, inFlight: InFlight): void;
  show(entry: Entry): void;
  /** The first message of the group whose turn it is. It stays so until the message is hidden or removed. */
  next(): Entry | undefined;
  oldest(): Entry | undefined;
  held(): number;
  inFlight(): number;
  /** Groups whose first message is visible. What is visible behind a hidden one can only wait for it. */
  waitingGroups(): number;
}

export interface FifoOrderOptions {
  lookThrough: number;
  wholeGroupLock: boolean;
  /** A group has become free. */
  onFree: () => void;
}

/**
 * Keeps the order. Every operation costs O(log n) at most.
 *
 * A group is free when its first message is visible. Whose turn it is, AWS documents only as "the next group". What was
 * recorded on AWS (localstack's `test_sqs.py`, the tests `fifo_message_group_visibility_*`, `fifo_receive_message_*`)
 * fits one rule: the group whose first message has waited longest; a message that becomes visible again lines up anew.
 */
export function createFifoOrder({ lookThrough, wholeGroupLock, onFree }: FifoOrderOptions): FifoOrder {
  const groups = new Map<string, Group>();
  /** What has lost its place stays here until its turn comes. */
  const line = new TinyQueue<{ place: number; head: Entry }>([], (a, b) => a.place - b.place);
  let places = 0;
  let held = 0;
  let inFlight = 0;
  let waitingGroups = 0;
  let oldest: Entry | undefined;
  let newest: Entry | undefined;
  /**
   * The last of the messages that are looked through. No approximation is needed: one that leaves lets the next one in.
   * Hidden messages count (re:Post, knowledge center, sqs-fifo-messages-not-returned, example A). It may have left
   * itself, where no message is beyond it.
   */
  let frontier: Entry | undefined;

  function isFree({ inFlight: hidden, group, sequence }: Entry): boolean {
    if (hidden !== undefined || (wholeGroupLock && group.inFlight > 0)) return false;
    return frontier !== undefined && sequence <= frontier.sequence;
  }

  function next(): Entry | undefined {
    for (let first = line.peek(); first !== undefined; first = line.peek()) {
      const { place, head } = first;
      if (head === head.group.head && place === head.place && isFree(head)) return head;
      line.pop();
    }
    return undefined;
  }

  function lineUp(group: Group): void {
    const { head, linedUpAt } = group;
    if (head === undefined || head.place === linedUpAt || !isFree(head)) return;
    // Where nobody receives, this is what clears the line.
    next();
    group.linedUpAt = head.place;
    line.push({ place: head.place, head });
    onFree();
  }

  function groupOf(groupId: string): Group {
    const known = groups.get(groupId);
    if (known !== undefined) return known;
    const group: Group = {
      head: undefined,
      tail: undefined,
      inFlight: 0,
      linedUpAt: undefined,
      waits: false,
    };
    groups.set(groupId, group);
    return group;
  }

  function countWaiting(group: Group): void {
    const waits = group.head !== undefined && group.head.inFlight === undefined;
    if (waits !== group.waits) waitingGroups += waits ? 1 : -1;
    group.waits = waits;
  }

  function noLongerInFlight(entry: Entry): void {
    if (entry.inFlight === undefined) return;
    entry.inFlight.end.cancel();
    entry.inFlight = undefined;
    entry.group.inFlight -= 1;
    inFlight -= 1;
  }

  return {
    append(message) {
      places += 1;
      const group = groupOf(message.groupId);
      const entry: Entry = {
        ...message,
        sequence: places,
        inFlight: undefined,
        group,
        place: places,
        older: newest,
        newer: undefined,
        ahead: group.tail,
        behind: undefined,
      };
      if (newest === undefined) oldest = entry;
      else newest.newer = entry;
      newest = entry;
      if (group.tail === undefined) group.head = entry;
      else group.tail.behind = entry;
      group.tail = entry;
      countWaiting(group);
      held += 1;
      if (held <= lookThrough) frontier = entry;
      lineUp(group);
      return entry;
    },

    remove(entry) {
      noLongerInFlight(entry);
      const { group, older, newer, ahead, behind } = entry;
      const cameIntoView =
        frontier !== undefined && entry.sequence <= frontier.sequence ? frontier.newer : undefined;
      if (cameIntoView !== undefined) frontier = cameIntoView;

      if (older === undefined) oldest = newer;
      else older.newer = newer;
      if (newer === undefined) newest = older;
      else newer.older = older;
      if (ahead === undefined) group.head = behind;
      else ahead.behind = behind;
      if (behind === undefined) group.tail = ahead;
      else behind.ahead = ahead;
      countWaiting(group);
      held -= 1;

      if (group.head === undefined) groups.delete(entry.groupId);
      else lineUp(group);
      if (cameIntoView !== undefined) lineUp(cameIntoView.group);
    },

    hide(entry, hidden) {
      noLongerInFlight(entry);
      entry.inFlight = hidden;
      entry.group.inFlight += 1;
      inFlight += 1;
      countWaiting(entry.group);
    },

    show(entry) {
      noLongerInFlight(entry);
      places += 1;
      entry.place = places;
      countWaiting(entry.group);
      lineUp(entry.group);
    },

    next,
    oldest: () => oldest,
    held: () => held,
    inFlight: () => inFlight,
    waitingGroups: () => waitingGroups,
  };
}
