import type { SQSEvent } from 'aws-lambda';
import * as z from 'zod/mini';

const list = z.object({ Records: z.array(z.unknown()) });
const fields = z.record(z.string(), z.unknown());

/** What of a record is read. All of it is there in what Lambda's event source mapping makes. */
const record = z.object({
  messageId: z.string().check(z.minLength(1)),
  receiptHandle: z.string(),
  body: z.string(),
  attributes: fields,
  messageAttributes: fields,
});

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
  const { data } = list.safeParse(event);
  if (data === undefined) throw refused('it has no list of Records');
  for (const [index, each] of data.Records.entries()) {
    const known = fields.safeParse(each).data ?? {};
    const { error } = record.safeParse(known);
    if (error === undefined) continue;
    const lacking = [...new Set(error.issues.map(({ path }) => String(path[0])))];
    throw refused(`record ${index + 1} of ${data.Records.length} lacks ${lacking.join(', ')}`);
  }
}
