import type { SQSEvent } from 'aws-lambda';
import * as z from 'zod/mini';

/** What of a record is read. All of it is there in what Lambda's event source mapping makes. */
const record = z.object({
  messageId: z.string().check(z.minLength(1)),
  receiptHandle: z.string(),
  body: z.string(),
  attributes: z.object({}),
  messageAttributes: z.object({}),
});
const sqsEvent = z.object({ Records: z.array(record) });

const refused = (why: string): Error =>
  new Error(
    `The event is none of SQS: ${why}. Nothing of it was begun: messages of a queue stay there. It takes what Lambda makes of a queue's messages, such as test/events/new-user.json.`,
  );

/**
 * For whoever invokes the function by hand, or connects it to something else than a queue.
 *
 * @throws Error that says what is missing, and quotes nothing
 */
export function requireSqsEvent(event: unknown): asserts event is SQSEvent {
  const { error } = sqsEvent.safeParse(event);
  if (error === undefined) return;
  const places = error.issues.map(({ path: [, index, field] }) => ({ index, field }));
  const index = places[0]?.index;
  if (typeof index !== 'number') throw refused('it has no list of Records');
  const ofIt = places.filter((place) => place.index === index);
  const lacking = new Set(ofIt.flatMap(({ field }) => field ?? Object.keys(record.shape)));
  const { length } = (event as SQSEvent).Records;
  throw refused(`record ${index + 1} of ${length} lacks ${[...lacking].join(', ')}`);
}
