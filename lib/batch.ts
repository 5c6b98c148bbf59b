import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { SQSRecord } from 'aws-lambda';
import type { Config } from './config.ts';
import { type Crm, type Outcome, syncContact } from './contact-sync.ts';
import { DeliveryError, type Failure } from './failure.ts';
import { openCrm } from './hubspot/crm.ts';
import type { Send } from './hubspot/transport.ts';
import { personHash, truncated } from './person.ts';
import { type Delivery, deliveryOf, mayHaveBeenWorkedOn } from './queue/delivery.ts';
import { putAside } from './queue/put-aside.ts';
import { type LoadSqs, SQS_RESERVE_MS } from './queue/sqs.ts';
import { describeError, type Telemetry } from './telemetry.ts';
import { parseVerification, type Verification } from './verification.ts';

export interface BatchDependencies {
  config: Config;
  send: Send;
  loadSqs: LoadSqs;
  telemetry: Telemetry;
}

export interface Invocation {
  requestId: string;
  /** Until Lambda ends the invocation. */
  remainingMs: number;
}

/** What every log line of a record says. */
interface RecordLine extends Record<string, unknown> {
  correlation_id: string;
  person: string | undefined;
  deliveries: number;
  hubspotRequests: number;
  /** The existing contact, once HubSpot has named it. */
  contactId?: string | undefined;
}

/**
 * Begins one batch.
 *
 * @returns what to do with each of its records: resolves when the message is done with (HubSpot has everything, or the
 * dead-letter queue has the message), rejects when it must be delivered again
 */
export function beginBatch(
  { config, send, loadSqs, telemetry }: BatchDependencies,
  { requestId, remainingMs }: Invocation,
): (record: SQSRecord) => Promise<void> {
  const { logger, metrics, count } = telemetry;
  const inTurn = takingTurns();
  const stop = stopAfter(remainingMs - config.hubspot.timeoutMs - SQS_RESERVE_MS);

  return (record) => {
    const delivery = deliveryOf(record);
    const message = readMessage(delivery);
    const line: RecordLine = {
      correlation_id: delivery.messageId,
      person: 'verification' in message ? truncated(personHash(message.verification.email)) : undefined,
      deliveries: delivery.deliveries,
      hubspotRequests: 0,
    };
    const hubspot = openCrm({
      baseUrl: config.hubspot.baseUrl,
      send,
      caller: {
        mayStart: stop.signal,
        onRequest({ durationMs }) {
          line.hubspotRequests += 1;
          metrics.addMetric('HubSpotLatency', MetricUnit.Milliseconds, durationMs);
        },
      },
    });
    const crm: Crm = {
      ...hubspot,
      async createContact(body) {
        const answer = await hubspot.createContact(body);
        line.contactId = answer.conflictsWith;
        return answer;
      },
    };

    return inTurn(line.person ?? delivery.messageId, async (earlier) => {
      const startedAt = performance.now();
      try {
        if ('failure' in message) throw new DeliveryError(message.failure);
        if (earlier === 'put back') throw new DeliveryError(notBeforeTheEarlierOne);
        const outcome = await syncContact(signUpOf(message.verification, delivery, earlier), crm);
        countOutcome(outcome, count);
        logger.info('Sign-up synced', { ...line, ...outcome, durationMs: since(startedAt) });
      } catch (error) {
        const failure = failureBehind(error, line);
        if (failure.class === 'throttled') {
          stop.abort(new DeliveryError({ ...failure, detail: `Not started, because ${failure.detail}` }));
        }
        const bodyHasVerifiedAt = 'failure' in message || message.verification.verifiedAt !== undefined;
        await putAside(delivery, failure, {
          config,
          loadSqs,
          requestId,
          bodyHasVerifiedAt,
          telemetry,
          line: { ...line, durationMs: since(startedAt) },
        });
      }
    });
  };

  function failureBehind(error: unknown, line: RecordLine): Failure {
    if (error instanceof DeliveryError) return error.failure;
    // A mistake of ours. It may be mended before the deliveries are used up.
    const described = describeError(error);
    logger.error('Unexpected error', { ...line, error: described });
    return { class: 'transient', detail: `An unexpected ${described.name} was thrown.` };
  }
}

const notBeforeTheEarlierOne: Failure = {
  class: 'not-started',
  detail: 'An earlier message of the same person has to be delivered first.',
};

type Message = { verification: Verification } | { failure: Failure };

function readMessage({ body }: Delivery): Message {
  try {
    return { verification: parseVerification(body) };
  } catch (error) {
    if (error instanceof DeliveryError) return { failure: error.failure };
    throw error;
  }
}

function signUpOf(verification: Verification, delivery: Delivery, earlier: Earlier) {
  const { verifiedAt = delivery.sentAt, ...person } = verification;
  return {
    ...person,
    // Nobody verifies after the message was sent: a publisher's fast clock must not make our own contact look old.
    verifiedAt: new Date(Math.min(new Date(verifiedAt).getTime(), delivery.sentAt.getTime())),
    // An earlier message of the same batch may be this one, sent twice.
    doubted: mayHaveBeenWorkedOn(delivery) || earlier === 'done',
  };
}

function countOutcome({ outcome }: Outcome, count: Telemetry['count']): void {
  switch (outcome) {
    case 'created':
      count('ContactCreated');
      break;
    case 'updated':
      count('ContactUpdated');
      count('NoteCreated');
      break;
    case 'username-only':
      count('ContactUpdated');
      break;
    case 'unchanged':
      break;
  }
}

/** What became of the same person's earlier message in this batch. */
type Earlier = 'none' | 'done' | 'put back';

/** Runs the work of one key one after another, in the order of the calls, and that of different keys in parallel. */
function takingTurns(): (key: string, work: (earlier: Earlier) => Promise<void>) => Promise<void> {
  const latest = new Map<string, Promise<void>>();
  return (key, work) => {
    const before = latest.get(key);
    const turn =
      before === undefined
        ? work('none')
        : before.then(
            () => work('done'),
            () => work('put back'),
          );
    latest.set(key, turn);
    return turn;
  };
}

/** Aborts when no call may start any more, because it could not end before Lambda ends the invocation. */
function stopAfter(timeForCallsMs: number): AbortController {
  const stop = new AbortController();
  const outOfTime = () =>
    stop.abort(new DeliveryError({ class: 'not-started', detail: 'No time was left for another call.' }));
  if (timeForCallsMs > 0) setTimeout(outOfTime, timeForCallsMs).unref();
  else outOfTime();
  return stop;
}

const since = (startedAt: number): number => Math.round(performance.now() - startedAt);
