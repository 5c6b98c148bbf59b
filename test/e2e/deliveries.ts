import { randomUUID } from 'node:crypto';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { recordOf } from '../../sandbox/event-source.ts';
import type { Call } from '../../sandbox/hubspot/journal.ts';
import type { CallPhase, HubSpotSandbox } from '../../sandbox/hubspot/sandbox.ts';
import { partsOf } from '../../sandbox/hubspot/versions.ts';
import type { Lambda } from '../../sandbox/lambda.ts';
import type { Person } from './world.ts';

/** Where a process dies: at which HubSpot call of the delivery, counted from 1, and how far that call has come. */
export interface Death {
  call: number;
  phase: CallPhase;
  /** No call follows: the invocation comes to its end, and its answer never reaches the queue. */
  last?: boolean;
}

/** What is special about one delivery. */
export interface Circumstances {
  deliveries?: number;
  attributes?: Record<string, MessageAttributeValue>;
  messageId?: string;
  sentAt?: Date;
  /** Replaces the usual body. */
  body?: object;
  death?: Death | undefined;
}

export interface Delivery extends Circumstances {
  person: Person;
}

/** What became of the deliveries of one batch. */
export interface Delivered {
  /** The HubSpot calls of each, such as `PATCH contacts`, in the order of the deliveries. */
  calls: string[][];
  /** The message IDs to deliver again; `died` when no answer came. */
  failures: string[] | 'died';
}

export const text = (value: string): MessageAttributeValue => ({ DataType: 'String', StringValue: value });

export function recordFor(delivery: Delivery): SQSRecord {
  const { person, deliveries = 1, attributes = {}, messageId = randomUUID(), sentAt } = delivery;
  const { email, username, verifiedAt } = person;
  return recordOf(
    {
      MessageId: messageId,
      ReceiptHandle: randomUUID(),
      Body: JSON.stringify(delivery.body ?? { email, username, verifiedAt }),
      Attributes: {
        ApproximateReceiveCount: String(deliveries),
        SentTimestamp: String((sentAt ?? verifiedAt).getTime()),
      },
      MessageAttributes: attributes,
    },
    'verified-users.fifo',
  );
}

function nameOf({ method, path }: Call): string {
  const { family = '', rest = path } = partsOf(path) ?? {};
  const place = family === 'objects' ? rest : `${family}/${rest}`;
  return `${method} ${place.replace(/\d{5,}/, 'ID')}`;
}

function failedIds(answer: unknown): string[] {
  const { batchItemFailures } = answer as { batchItemFailures: { itemIdentifier: string }[] };
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

/** One delivery in the hands of a process. */
interface UnderWay {
  delivery: Delivery;
  calls: string[];
  /** The moment of its death has come: nothing that it does from now on may reach HubSpot. */
  over: boolean;
}

/**
 * Delivers batches, and lets processes die at exact moments. All the deliveries of a batch that are to die do so with
 * the same process: the first ones to come to their moment are held there, and when all have, the process is killed.
 *
 * @param see is told of every call first, as `onCall`
 */
export function postman(hubspot: HubSpotSandbox, see: (call: Call, phase: CallPhase) => void) {
  const underWay = new Map<string, UnderWay & { batch: ReturnType<typeof openBatch> }>();
  const count = { kills: 0, deaths: 0 };

  function openBatch(toDie: number) {
    const killed = Promise.withResolvers<void>();
    const ready = Promise.withResolvers<void>();
    let missing = toDie;
    return {
      killed,
      ready,
      reached() {
        missing -= 1;
        if (missing === 0) ready.resolve();
      },
      missing: () => missing,
    };
  }

  /** The call stays where it is until the process is dead, and then never takes effect. */
  async function drop(email: string, killed: Promise<void>): Promise<void> {
    const fault = hubspot.faults.add({ email, do: { type: 'reset', when: 'before' } });
    await killed;
    setImmediate(() => fault.remove());
  }

  hubspot.onCall = async (call, phase) => {
    see(call, phase);
    const email = call.emails.find((address) => underWay.has(address)) ?? '';
    const found = underWay.get(email);
    if (found === undefined) return;
    const { batch, calls, delivery } = found;
    if (found.over) {
      if (phase === 'received') await drop(email, batch.killed.promise);
      return;
    }
    if (phase === 'received') calls.push(nameOf(call));
    if (calls.length !== delivery.death?.call || phase !== delivery.death.phase) return;
    found.over = true;
    batch.reached();
    if (phase === 'received') await drop(email, batch.killed.promise);
    if (phase === 'applied') await batch.killed.promise;
  };

  return {
    count,

    /** One invocation. Throws when a planned death did not come about. */
    async deliver(lambda: Lambda, deliveries: Delivery[]): Promise<Delivered> {
      const toDie = deliveries.filter(({ death }) => death !== undefined).length;
      const batch = openBatch(toDie);
      const entries = deliveries.map((delivery) => ({ delivery, calls: [] as string[], over: false, batch }));
      for (const entry of entries) underWay.set(entry.delivery.person.email, entry);
      const invocation = lambda.invoke({ Records: deliveries.map(recordFor) }).then(failedIds);
      try {
        if (toDie === 0) return { calls: entries.map(({ calls }) => calls), failures: await invocation };
        await Promise.race([batch.ready.promise, invocation]);
        if (batch.missing() > 0) throw new Error(`${batch.missing()} of ${toDie} deaths did not come about`);
        if (entries.every(({ delivery }) => delivery.death?.phase === 'answered' && delivery.death.last))
          await invocation;
        await lambda.stop();
        count.kills += 1;
        count.deaths += toDie;
        await invocation.catch(() => {});
        return { calls: entries.map(({ calls }) => calls), failures: 'died' };
      } finally {
        batch.killed.resolve();
        // What a dead process had written may be read after its death: it is dropped until the person's next delivery.
        for (const { delivery, over } of entries) if (!over) underWay.delete(delivery.person.email);
      }
    },
  };
}
