import type { MessageAttributeValue } from '@aws-sdk/client-sqs';

/** What a producer gives to a FIFO queue. */
export interface SqsMessage {
  body: string;
  groupId: string;
  deduplicationId: string;
  attributes: Readonly<Record<string, MessageAttributeValue>>;
}

/** An error as SQS answers it: its `name` is the error code. */
export const sqsError = (name: string, message: string): Error => Object.assign(new Error(message), { name });

/** SQS docs, SendMessage: these and no other characters. Half of a surrogate pair is none of them. */
const REFUSED_CHARACTER = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
/** SQS docs, SendMessage: 1 to 128 letters, digits and punctuation marks. */
const FIFO_ID = /^[!-~]{1,128}$/;
/** SQS docs, message attributes. */
const ATTRIBUTES_MAX = 10;

/**
 * Refuses what SQS refuses. The codes are those of AWS: localstack has recorded them (its `test_sqs.snapshot.json`).
 *
 * @param maxBytes the queue's MaximumMessageSize: the body counts, and each attribute's name, type and value
 * @throws InvalidMessageContents, InvalidParameterValue or MissingParameter, as the error's `name`
 */
export function checkMessage(
  { body, groupId, deduplicationId, attributes }: SqsMessage,
  maxBytes: number,
): void {
  if (body === '') throw sqsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (REFUSED_CHARACTER.test(body))
    throw sqsError('InvalidMessageContents', 'Invalid characters found in the message body.');
  if (!FIFO_ID.test(groupId))
    throw invalid('MessageGroupId is not 1 to 128 letters, digits and punctuation.');
  if (!FIFO_ID.test(deduplicationId))
    throw invalid('MessageDeduplicationId is not 1 to 128 letters, digits and punctuation.');

  let bytes = Buffer.byteLength(body);
  const entries = Object.entries(attributes);
  if (entries.length > ATTRIBUTES_MAX)
    throw invalid(`Number of message attributes [${entries.length}] exceeds the allowed maximum [10].`);
  for (const [name, { DataType = '', StringValue, BinaryValue }] of entries) {
    const value = BinaryValue ?? StringValue ?? '';
    if (value.length === 0) throw invalid(`Message attribute '${name}' must contain a non-empty value.`);
    if (REFUSED_CHARACTER.test(StringValue ?? ''))
      throw invalid(`Message attribute '${name}' holds invalid characters.`);
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType) + Buffer.byteLength(value);
  }
  if (bytes > maxBytes) throw invalid(`Message must be shorter than ${maxBytes} bytes.`);
}

const invalid = (reason: string): Error =>
  sqsError('InvalidParameterValue', `One or more parameters are invalid. Reason: ${reason}`);

/** SQS docs, exactly-once processing. */
const INTERVAL_MS = 5 * 60 * 1_000;

interface Remembered {
  key: string;
  messageId: string;
  at: number;
  next: Remembered | undefined;
}

/** Knows what was sent in the last five minutes, whatever has become of it since. */
export interface Deduplication {
  /** The ID of the message that was taken with these IDs, if that is less than five minutes ago. */
  taken(message: SqsMessage): string | undefined;
  remember(message: SqsMessage, messageId: string): void;
}

/**
 * Deduplication with the scope `messageGroup`. A repeat does not lengthen the five minutes: they count from the message
 * that was taken (SQS docs, SendMessage).
 */
export function createDeduplication(now: () => number): Deduplication {
  const remembered = new Map<string, Remembered>();
  // Their own list, as a Map is slow to find its first entry where many before it are deleted.
  let first: Remembered | undefined;
  let last: Remembered | undefined;

  function forget(): void {
    for (; first !== undefined && first.at + INTERVAL_MS <= now(); first = first.next)
      remembered.delete(first.key);
    if (first === undefined) last = undefined;
  }

  return {
    taken(message) {
      forget();
      return remembered.get(keyOf(message))?.messageId;
    },
    remember(message, messageId) {
      forget();
      const entry: Remembered = { key: keyOf(message), messageId, at: now(), next: undefined };
      remembered.set(entry.key, entry);
      if (last === undefined) first = entry;
      else last.next = entry;
      last = entry;
    },
  };
}

/** Neither ID can hold a space. */
const keyOf = ({ groupId, deduplicationId }: SqsMessage): string => `${groupId} ${deduplicationId}`;
