import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { SQSRecord } from 'aws-lambda';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { type Crm, type Outcome, type SignUp, syncContact } from './contact-sync.ts';
import { stopInTime } from './deadline.ts';
import { DeliveryError, type Failure } from './failure.ts';
import { dailyQuotaLeft } from './hubspot/daily-quota.ts';
import { HOLD_MAX_MS } from './hubspot/rate-share.ts';
import type { Caller } from './hubspot/transport.ts';
import { type Delivery, deliveryOf } from './queue/delivery.ts';
import { putAside } from './queue/put-aside.ts';
import { type LoadSqs, SQS_RESERVE_MS } from './queue/sqs.ts';
import { signUpOf } from './sign-up.ts';
import { describeError, type Telemetry } from './telemetry.ts';
import { takingTurns } from './turns.ts';
import { parseVerification, type Verification } from './verification.ts';
import type { WorkedOn } from './worked-on.ts';

export interface BatchDependencies {
  config: Config;
  crmFor: (caller: Caller) => Crm;
  loadSqs: LoadSqs;
  telemetry: Telemetry;
  /** What logs show of a person. */
  tagOf: (email: string) => string | undefined;
  workedOn: WorkedOn;
  clock: Clock;
  /** From 0 to 1. */
  random: () => number;
}

export interface Invocation {
  requestId: string;
  /** Until Lambda ends the invocation. */
  remainingMs: number;
}

/** What every log line of a record says. */
interface RecordLine extends Record<string, unknown> {
  correlation_id: string;
  person?: string | undefined;
  deliveries: number;
  hubspotRequests: number;
  /** The existing contact, once HubSpot has named it. */
  contactId?: string | undefined;
}

export interface Batch {
  /** Resolves when the message is done with (HubSpot has everything, or the dead-letter queue has it); rejects when it must be delivered again. */
  handleRecord(record: SQSRecord): Promise<unknown>;
  /** When all of them are settled. */
  end(): void;
}

/** What the CDN in front of HubSpot answers to a token that is none. A single one may be any trouble of its own. */
const MALFORMED_TOKEN = 530;

/** Begins one batch. */
export function beginBatch(
  { config, crmFor, loadSqs, telemetry, tagOf, workedOn, clock, random }: BatchDependencies,
  { requestId, remainingMs }: Invocation,
): Batch {
  const { logger, metrics, count } = telemetry;
  const inTurn = takingTurns();
  const stop = new AbortController();
  const reservedMs = config.hubspot.timeoutMs + SQS_RESERVE_MS;
  const noStop = stopInTime(stop, { remainingMs, reservedMs, clock });
  const calls = { all: 0, malformedToken: 0 };
  let leastQuotaLeft: number | undefined;
  const since = (startedAt: number): number => Math.round(clock.now() - startedAt);

  function handleRecord(record: SQSRecord): Promise<unknown> {
    const delivery = deliveryOf(record);
    const message = readMessage(delivery);
    const email = 'verification' in message ? message.verification.email : undefined;
    const line: RecordLine = {
      correlation_id: delivery.messageId,
      deliveries: delivery.deliveries,
      hubspotRequests: 0,
    };
    const crm = crmFor({
      mayStart: stop.signal,
      onRequest({ durationMs, answer }) {
        line.hubspotRequests += 1;
        calls.all += 1;
        if (answer?.status === MALFORMED_TOKEN) calls.malformedToken += 1;
        metrics.addMetric('HubSpotLatency', MetricUnit.Milliseconds, durationMs);
        const left = answer && dailyQuotaLeft(answer.headers);
        if (left !== undefined) leastQuotaLeft = Math.min(left, leastQuotaLeft ?? left);
      },
      onConflict(contactId) {
        line.contactId = contactId;
      },
    });

    return inTurn(email?.toLowerCase() ?? delivery.messageId, async (earlier) => {
      const startedAt = clock.now();
      try {
        if ('failure' in message) throw new DeliveryError(message.failure);
        if (earlier === 'put back') throw new DeliveryError(notBeforeTheEarlierOne);
        const seen = workedOn.seen(delivery.messageId);
        const { email: address } = message.verification;
        const signUp = signUpOf(message.verification, delivery, {
          seen: seen || earlier === 'done',
          before: workedOn.latestOf(address),
        });
        const outcome = await syncContact(signUp, crm);
        if (outcome.outcome !== 'superseded') workedOn.synced(signUp);
        countOutcome(outcome, count);
        line.person = tagOf(signUp.email);
        const sinceVerifiedMs = timeToCard(outcome, signUp, delivery);
        if (sinceVerifiedMs !== undefined) {
          metrics.addMetric('VerificationToCard', MetricUnit.Milliseconds, sinceVerifiedMs);
        }
        logger.info('Sign-up synced', {
          ...line,
          ...outcome,
          sinceVerifiedMs,
          durationMs: since(startedAt),
        });
      } catch (error) {
        if (email !== undefined) line.person = tagOf(email);
        const failure = failureBehind(error, line);
        if (endsTheBatch(failure)) {
          stop.abort(new DeliveryError({ ...failure, detail: `Not started, because ${failure.detail}` }));
        }
        const bodyHasVerifiedAt = 'failure' in message || message.verification.verifiedAt !== undefined;
        await putAside(delivery, failure, {
          config,
          loadSqs,
          requestId,
          bodyHasVerifiedAt,
          telemetry,
          now: clock.timeOfDay,
          random,
          line: { ...line, durationMs: since(startedAt) },
        });
      }
    });
  }

  /** How long it took until the card was right. What an operator has sent was verified long ago, and says nothing of that. */
  function timeToCard(
    { outcome }: Outcome,
    { verifiedAt }: SignUp,
    { attributes }: Delivery,
  ): number | undefined {
    if (outcome === 'unchanged' || outcome === 'superseded' || 'Replay' in attributes) return undefined;
    return Math.max(clock.timeOfDay() - verifiedAt.getTime(), 0);
  }

  function failureBehind(error: unknown, line: RecordLine): Failure {
    if (error instanceof DeliveryError) return error.failure;
    // A mistake of ours. It may be mended before the deliveries are used up.
    const described = describeError(error);
    logger.error('Unexpected error', { ...line, error: described });
    return {
      class: 'transient',
      reason: 'UnexpectedError',
      detail: `An unexpected ${described.name} was thrown.`,
    };
  }

  return {
    handleRecord,
    end() {
      noStop();
      if (calls.all > 0 && calls.malformedToken === calls.all) count('HubSpotAuthFailure');
      if (leastQuotaLeft !== undefined) {
        metrics.addMetric('DailyQuotaLeft', MetricUnit.Percent, leastQuotaLeft);
      }
    },
  };
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

/** Whether there is no sense in waiting for the limit within this invocation. */
const endsTheBatch = (failure: Failure): boolean =>
  failure.class === 'throttled' &&
  (failure.limit === 'daily' || (failure.retryAfterSeconds ?? 0) > HOLD_MAX_MS / 1_000);

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
    case 'superseded':
      count('Superseded');
      break;
    case 'unchanged':
      break;
  }
}
