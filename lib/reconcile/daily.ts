import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Clock } from '../clock.ts';
import type { Send } from '../hubspot/transport.ts';
import { describeError, type Telemetry } from '../telemetry.ts';
import type { Account } from './account.ts';
import { accountsSince } from './accounts.ts';
import { compare, openCards } from './compare.ts';
import { patiently } from './patience.ts';
import { putOnQueue } from './put-on-queue.ts';
import type { UserPool } from './user-pool.ts';

const DAY_MS = 24 * 60 * 60_000;
/** A run that fails is made up for by those of the next two days. */
const WINDOW_MS = 3 * DAY_MS;
/** More than so many are not single losses: somebody should look before they are sent. */
export const SENT_MAX = 200;

/** What a run is made with. */
export interface DailyOptions {
  pool: UserPool;
  /** The function that the pool is to call after a confirmation. */
  triggerFunctionArn: string;
  hubspot: { baseUrl: string; apiVersion: string; send: Send };
  queue: { sqs: Pick<SQSClient, 'send'>; url: string };
  telemetry: Pick<Telemetry, 'logger' | 'metrics' | 'count'>;
  clock: Clock;
  random: () => number;
}

/** What a run came to. */
export interface DailyResult {
  /** Users of the pool. */
  seen: number;
  /** Of those, compared with HubSpot. */
  checked: number;
  missing: number;
  withoutUsername: number;
  /** Belonging into HubSpot with something that no message can carry. */
  unusable: number;
  sent: number;
}

/** The run is out of time, or SQS has not taken everybody. What it left undone is for the next one. */
export class DailyError extends Error {
  override readonly name = 'DailyError';
}

/**
 * Looks for whoever has verified an address in the last three days and is not in HubSpot, or not with the username; sends
 * them, if they are few; and sees that the pool calls the publisher.
 *
 * Counts `MissingInHubSpot` and, at the end of a run that did all of this, `ReconcileRun`: that there is none is an
 * alarm. `TriggerDetached` is 1 where the pool calls another function, or none, and otherwise 0, which ends its alarm.
 *
 * @param run names the run to SQS: the same when it is tried again
 * @param stop ends it, with its reason, when no time is left
 */
export async function reconcileDaily(
  { pool, triggerFunctionArn, hubspot, queue, telemetry, clock, random }: DailyOptions,
  { run, stop }: { run: string; stop: AbortSignal },
): Promise<DailyResult> {
  const { logger, metrics, count } = telemetry;
  const cards = openCards({ ...hubspot, caller: { mayStart: stop, onRequest: () => undefined } });
  const since = new Date(clock.timeOfDay() - WINDOW_MS);
  // First: a trigger that is detached is to be seen also where HubSpot is down, or the pool too large for the time.
  const told = await pool.describe().catch((error: unknown) => ({ error }));
  if (!('error' in told)) checkTrigger(told.postConfirmation);

  const result: DailyResult = { seen: 0, checked: 0, missing: 0, withoutUsername: 0, unusable: 0, sent: 0 };

  // One more than are sent would be too many already: the others need not be kept.
  const lacking: Account[] = [];
  for await (const { accounts, seen, unusable } of accountsSince(pool, { since, clock, stop })) {
    const found = await patiently(() => compare(accounts, cards), { clock, random, stop });
    result.seen += seen;
    result.unusable += unusable;
    result.checked += accounts.length;
    result.missing += found.missing.length;
    result.withoutUsername += found.withoutUsername.length;
    lacking.push(...[...found.missing, ...found.withoutUsername].slice(0, SENT_MAX - lacking.length));
  }

  // An answer that lists nobody would pass for a pool in which nobody is missing, day after day.
  if (result.seen === 0 && !('error' in told) && told.estimatedUsers > 0) {
    throw new DailyError(`The user pool has some ${told.estimatedUsers} users, and none of them was listed.`);
  }

  const total = result.missing + result.withoutUsername;
  metrics.addMetric('MissingInHubSpot', MetricUnit.Count, total);
  if (total > SENT_MAX)
    logger.error('More people are missing than are sent without being asked', { ...result });
  else result.sent = await send(lacking);

  if ('error' in told) throw told.error;
  count('ReconcileRun');
  logger.info('Pool and HubSpot are compared', { ...result });
  return result;

  async function send(people: readonly Account[]): Promise<number> {
    const { accounts, refused, error } = await putOnQueue(queue, people, { run, stop, clock, random });
    for (const { sub } of accounts) logger.warn('A sign-up that was missing is on the queue', { sub });
    if (accounts.length === people.length) return accounts.length;
    const reason = error === undefined ? [...new Set(refused)].join(', ') : describeError(error).name;
    throw new DailyError(
      `${people.length - accounts.length} of ${people.length} could not be put on the queue (${reason}).`,
    );
  }

  function checkTrigger(postConfirmation: string | undefined): void {
    // Perhaps by a version or an alias.
    const isOurs = `${postConfirmation}:`.startsWith(`${triggerFunctionArn}:`);
    metrics.addMetric('TriggerDetached', MetricUnit.Count, isOurs ? 0 : 1);
    if (isOurs) return;
    logger.error('The user pool does not call the publisher', { calls: postConfirmation ?? 'no function' });
  }
}
