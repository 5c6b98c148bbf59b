import { DeleteMessageCommand, type MessageAttributeValue, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Clock } from '../../lib/clock.ts';
import { FIRST_SENT_ATTRIBUTE } from '../../lib/queue/delivery.ts';
import { parseVerification } from '../../lib/verification.ts';
import { evenly } from '../pace.ts';
import type { Content, Letter, LetterBox } from './letter.ts';
import { visitLetters } from './visit.ts';

/** SQS allows a message so many. */
const ATTRIBUTES_MAX = 10;
/** For the calls to SQS, with all their attempts, while a letter is in hand. */
const HANDLING_SECONDS = 90;
const HIDE_MAX_SECONDS = 43_200;
const BATCH_SIZE = 10;

/** A letter that is on the queue now. */
export interface Moved {
  letter: Letter;
  /** Of the message that it has become. */
  messageId: string;
}

/** A letter that could not be moved, as whatever the AWS SDK threw says why. */
export interface NotMoved {
  letter: Letter;
  error: unknown;
  /** It is on the queue, and could not be deleted from the dead-letter queue: a next redrive sends it once more. */
  isOnQueue: boolean;
}

export interface RedriveOptions {
  from: LetterBox;
  to: LetterBox;
  /** Which: those that somebody has seen. A letter that arrives meanwhile is not among them. */
  ids: ReadonlySet<string>;
  ratePerSecond: number;
  clock: Clock;
  /** Ends it after the letter in hand. */
  stop: AbortSignal;
  /** Told of each letter before the next one goes. */
  onMoved?: (moved: Moved) => void | Promise<void>;
}

export interface Redriven {
  moved: Moved[];
  failed: NotMoved[];
  /** Set when it ended early, because SQS would refuse all the others too. */
  stopped: boolean;
  /** Why the letters could not be read any more, as the AWS SDK has it. What was moved is moved. */
  error?: unknown;
}

const text = (value: string): MessageAttributeValue => ({ DataType: 'String', StringValue: value });

function saysWhen(body: string): boolean {
  try {
    return parseVerification(body).verifiedAt !== undefined;
  } catch {
    return true;
  }
}

/**
 * A letter's own attributes, and where neither they nor the body say when the address was verified, the time that the letter
 * has itself: a message that is sent anew gets a new one.
 */
export function attributesWithTime({ attributes, body }: Content, sentAtMs: number): Content['attributes'] {
  if (saysWhen(body)) return attributes;
  const firstSent = { DataType: 'Number', StringValue: String(sentAtMs) };
  return fewEnough({ [FIRST_SENT_ATTRIBUTE]: firstSent, ...attributes });
}

const fewEnough = (attributes: Content['attributes']): Content['attributes'] =>
  Object.fromEntries(Object.entries(attributes).slice(0, ATTRIBUTES_MAX));

/**
 * What a letter goes back with. One that SQS has moved by itself has no attributes of ours, and would come back as if it
 * were new: so it gets the mark of a replay.
 */
export function attributesToSend(letter: Letter): Letter['attributes'] {
  const attributes = attributesWithTime(letter, letter.sentAtMs);
  return letter.errorCode === undefined ? fewEnough({ Replay: text('true'), ...attributes }) : attributes;
}

/** A message as `SendMessage` takes it. */
export const sendingOf = (
  url: string,
  { body, attributes, groupId }: Content,
  { deduplicationId, fallbackGroup }: { deduplicationId: string; fallbackGroup: string },
) =>
  new SendMessageCommand({
    QueueUrl: url,
    MessageBody: body,
    MessageAttributes: { ...attributes },
    MessageGroupId: groupId ?? fallbackGroup,
    MessageDeduplicationId: deduplicationId,
  });

const named = (error: unknown): string => (error instanceof Error ? error.name : '');

/** Whether SQS refuses this message, and not all of them. */
const isOfTheMessage = (error: unknown): boolean =>
  /^(InvalidMessageContents|InvalidParameterValue|InvalidAttributeValue|MessageTooLong)/.test(named(error));

/**
 * Moves letters to the queue, one after another. A letter is deleted only after the queue has it. Its deduplication ID is
 * made from its own ID, which no other letter ever has: so it is fresh, and what dies between the two calls and is started
 * again within five minutes makes no second message. After that there may be one, which the sync recognises.
 */
export async function redrive(options: RedriveOptions): Promise<Redriven> {
  const { from, to, ids, ratePerSecond, clock, stop, onMoved } = options;
  const turn = evenly(ratePerSecond, clock, stop);
  const result: Redriven = { moved: [], failed: [], stopped: false };
  const isDone = () => result.stopped || result.moved.length + result.failed.length >= ids.size;

  const fail = (letter: Letter, error: unknown, isOnQueue: boolean) => {
    result.failed.push({ letter, error, isOnQueue });
    result.stopped ||= isOnQueue || !isOfTheMessage(error);
    return 'stays' as const;
  };

  const visited = visitLetters(from, {
    stop,
    isDone,
    timeOfDay: clock.timeOfDay,
    hideSeconds: Math.min(Math.ceil(BATCH_SIZE / ratePerSecond) + HANDLING_SECONDS, HIDE_MAX_SECONDS),
    async onLetter(letter) {
      if (!ids.has(letter.id) || !(await turn())) return 'stays';
      let messageId: string;
      try {
        const content = { ...letter, attributes: attributesToSend(letter) };
        const { MessageId = '' } = await to.sqs.send(
          sendingOf(to.url, content, { deduplicationId: `redrive-${letter.id}`, fallbackGroup: letter.id }),
        );
        messageId = MessageId;
      } catch (error) {
        return fail(letter, error, false);
      }
      try {
        await from.sqs.send(
          new DeleteMessageCommand({ QueueUrl: from.url, ReceiptHandle: letter.receiptHandle }),
        );
      } catch (error) {
        return fail(letter, error, true);
      }
      result.moved.push({ letter, messageId });
      await onMoved?.({ letter, messageId });
      return 'gone';
    },
  });
  return visited.then(
    () => result,
    (error: unknown) => ({ ...result, error }),
  );
}
