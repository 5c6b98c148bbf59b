import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { Config } from '../lib/config.ts';
import { dailyQuotaLeft } from '../lib/hubspot/daily-quota.ts';
import type { verificationMessage } from '../lib/publishing.ts';
import type { ReconcileConfig } from '../lib/reconcile/config.ts';
import { createAccount } from '../sandbox/hubspot/account.ts';
import type { AlarmDefinition } from './aws/alarm-definitions.ts';
import { createAlarms } from './aws/alarms.ts';
import { createEventSource } from './aws/event-source.ts';
import { createFifoQueue, type ReceivedMessage } from './aws/fifo-queue.ts';
import { createMetrics, sampleEveryMinute } from './aws/metrics.ts';
import { createParameters } from './aws/parameters.ts';
import { createPublisherFunction, type PublisherState } from './aws/publisher-function.ts';
import { createReconcileFunction } from './aws/reconcile-function.ts';
import { createSqsNetwork } from './aws/sqs-client.ts';
import { createSyncFunction } from './aws/sync-function.ts';
import { createSimulatedTelemetry } from './aws/telemetry.ts';
import { createUserPool } from './aws/user-pool.ts';
import { chance } from './chance.ts';
import { createChronicle } from './chronicle.ts';
import type { Fates } from './hubspot/fate.ts';
import { createHubSpot } from './hubspot/hubspot.ts';
import type { Verification } from './people/person.ts';
import { createRegistry } from './people/registry.ts';
import type { Host } from './time/host.ts';
import { createTimeline } from './time/timeline.ts';
import { createAlarmWatch } from './truth/alarm-watch.ts';
import { createEffects } from './truth/effects.ts';
import { createFindings } from './truth/findings.ts';
import { createLetterWatch } from './truth/letter-watch.ts';
import { createNetWatch } from './truth/net-watch.ts';
import { createPace } from './truth/pace.ts';

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/verified-users.fifo';
export const DLQ_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/verified-users-dlq.fifo';
export const USER_POOL_ID = 'us-east-1_simulated';
export const PUBLISHER_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:publish-verification';
export const TOKEN_PARAMETER = '/wme-hubspot-sync/prod/hubspot-access-token';
export const LOG_KEY_PARAMETER = '/wme-hubspot-sync/prod/log-key';

type QueueMessage = Pick<
  ReturnType<typeof verificationMessage>,
  'MessageBody' | 'MessageGroupId' | 'MessageDeduplicationId'
> & { MessageAttributes?: Record<string, MessageAttributeValue> };

/** What is the case at the moment: troubles change it, and whoever mends them changes it back. */
export interface Conditions {
  /** What befalls calls to HubSpot. */
  fates: Fates;
  /** That an instance dies at a call. */
  deaths: number;
  publisher: PublisherState;
  publisherDeaths: number;
  sqsFailure: number;
  /** What is deployed; undefined: something that does not start. */
  deployed: Config | undefined;
  reconcile: ReconcileConfig;
  /** Alarms of which one must go off once HubSpot has refused a call. */
  callsFor: { why: string; alarms: readonly string[] } | undefined;
  /** When the last trouble was over; Infinity while there is one. */
  calmSince: number;
}

export interface WorldOptions {
  seed: number;
  startsAt: number;
  config: Config;
  reconcile: ReconcileConfig;
  alarms: readonly AlarmDefinition[];
  watched?: ReadonlySet<number>;
  onLog?: (line: string) => void;
}

export type World = ReturnType<typeof createWorld>;

/** Everything that is deployed, and everything around it, before anything happens. */
export function createWorld({
  seed,
  startsAt,
  config,
  reconcile,
  alarms: definitions,
  watched,
  onLog,
}: WorldOptions) {
  const timeline = createTimeline(startsAt);
  const chanceOf = (part: string) => chance(seed, part);
  const chronicle = createChronicle({ timeline, onLog, ...(watched && { watched }) });
  const registry = createRegistry();
  const metrics = createMetrics(timeline);
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `id-${String(ids).padStart(9, '0')}`;
  };

  const account = createAccount({ now: timeline.now, newCorrelationId: newId });
  // Beyond what a number holds, as HubSpot's IDs may be one day.
  account.portal.nextContactId = String(2n ** 53n + 1n);
  const accountChance = chanceOf('account');
  account.settings.noteBodies = accountChance.pick(['text', 'html']);
  account.settings.mergedIds = accountChance.pick(['survivor', 'not-found']);
  const conditions: Conditions = {
    fates: () => undefined,
    deaths: 0,
    publisher: 'runs',
    publisherDeaths: 0,
    sqsFailure: 0,
    deployed: config,
    reconcile,
    callsFor: undefined,
    calmSince: startsAt,
  };
  const happened = new Map<string, number>();
  const count = (what: string): void => void happened.set(what, (happened.get(what) ?? 0) + 1);

  /** For whom a message is; undefined of one that is none of ours. */
  const verificationOf = (body: string): Verification | undefined => {
    const username = /"username":("(?:[^"\\]|\\.)*")/.exec(body)?.[1];
    return username === undefined ? undefined : registry.byUsername(JSON.parse(username));
  };
  const expired = (what: string) => (message: { body: string }) => {
    count(`${what} deleted a message for its age`);
    chronicle.tell(
      verificationOf(message.body)?.person,
      () => `SQS deletes it from ${what}: 14 days are over`,
    );
  };

  // The queues, as infrastructure/queues.yml declares them.
  const dlq = createFifoQueue({
    timeline,
    newId,
    visibilityTimeoutMs: 30_000,
    onExpired: expired('the dead-letter queue'),
  });
  const findings = createFindings(timeline);
  const alarmWatch = createAlarmWatch(timeline, findings, (alarm) => stillCaused(alarm));
  const letterWatch = createLetterWatch({
    timeline,
    findings,
    registry,
    alarmWatch,
    config,
    verificationOf,
    chronicle,
  });
  const movedTo = {
    ...dlq,
    takeOver(message: Parameters<typeof dlq.takeOver>[0]) {
      dlq.takeOver(message);
      letterWatch.moved(message);
      sampler.wake();
    },
  };
  const queue = createFifoQueue({
    timeline,
    newId,
    visibilityTimeoutMs: 360_000,
    maxBytes: 262_144,
    redrive: { to: movedTo, maxReceiveCount: config.maxReceiveCount },
    onVisible: () => eventSource.pollSoon(),
    onExpired: expired('the queue'),
  });

  const gauge = (queueName: string, name: string) =>
    metrics.gauge({ namespace: 'AWS/SQS', name, dimensions: { QueueName: queueName } });
  const lettersSent = metrics.metric({
    namespace: 'AWS/SQS',
    name: 'NumberOfMessagesSent',
    dimensions: { QueueName: 'verified-users-dlq.fifo' },
  });
  const gaugesOf = (queueName: string) => ({
    visible: gauge(queueName, 'ApproximateNumberOfMessagesVisible'),
    inFlight: gauge(queueName, 'ApproximateNumberOfMessagesNotVisible'),
    age: gauge(queueName, 'ApproximateAgeOfOldestMessage'),
  });
  const gauges = [
    { of: queue, ...gaugesOf('verified-users.fifo') },
    { of: dlq, ...gaugesOf('verified-users-dlq.fifo') },
  ];
  let alwaysInFlightSince: number | undefined;
  const sampler = sampleEveryMinute(timeline, () => {
    let anything = false;
    for (const { of, visible, inFlight, age } of gauges) {
      const depth = of.depth();
      if (depth.oldestSentAt === undefined) continue;
      anything = true;
      // A letter that is closed before the alarm is evaluated was there all the same.
      if (of === dlq) alarmWatch.cause('DeadLetterAlarm');
      visible.record(depth.visible);
      inFlight.record(depth.inFlight);
      age.record((timeline.now() - depth.oldestSentAt) / 1_000);
    }
    // Whoever is gone by the time that the alarm rings has waited all the same.
    const { inFlight, oldestSentAt } = queue.depth();
    alwaysInFlightSince = inFlight === 0 ? undefined : (alwaysInFlightSince ?? timeline.now());
    const lasted = (since: number | undefined) =>
      since !== undefined && timeline.now() - since > 50 * MINUTE_MS;
    if (lasted(oldestSentAt)) alarmWatch.cause('MessageAgeAlarm');
    if (lasted(alwaysInFlightSince)) alarmWatch.cause('BackOffAlarm');
    return anything;
  });

  const functionMetric = (functionName: string, name: 'Errors' | 'Throttles') => {
    const metric = metrics.metric({
      namespace: 'AWS/Lambda',
      name,
      dimensions: { FunctionName: functionName },
    });
    return () => metric.record(1);
  };
  const alarms = createAlarms({
    timeline,
    metrics,
    definitions,
    onChange(alarm, _from, to) {
      alarmWatch.changed(alarm, to);
      if (to === 'ALARM') for (const call of calledBy) call(alarm);
    },
  });
  const calledBy: ((alarm: string) => void)[] = [];

  /** Or as good as: DailyQuotaAlarm is to ring. */
  const dayIsUsedUp = (): boolean => (dailyQuotaLeft(new Headers(account.limits.headers())) ?? 0) < 10;

  const stillCaused = (alarm: string): boolean =>
    (alarm === 'DailyQuotaAlarm' && dayIsUsedUp()) ||
    (alarm.startsWith('DeadLetter') && dlq.depth().oldestSentAt !== undefined) ||
    (alarm === 'ReconcileMissedAlarm' && netWatch.isOverdue());

  // HubSpot, SSM, SQS as a client sees them.
  const effects = createEffects({ timeline, registry, findings, portal: account.portal });
  const deathChance = chanceOf('deaths');
  /** What Lambda runs may die, not an operator's terminal: that is closed by the operator. */
  const dies = ({ name }: Host): boolean =>
    /^(?:sync|reconcile)-/.test(name) && conditions.deaths > 0 && deathChance.happens(conditions.deaths);
  const die = (host: Host): void => {
    count('an instance dies');
    syncFunction.die(host);
    reconcileFunction.die(host);
  };
  const fateChance = chanceOf('fates');
  const httpFrom = createHubSpot({
    timeline,
    account,
    chance: chanceOf('hubspot'),
    fates(call) {
      if (dies(call.host))
        return { name: 'dies', dies: fateChance.pick(['before', 'after the write', 'after the answer']) };
      return conditions.fates(call, fateChance);
    },
    effects,
    chronicle,
    die,
    onFate: count,
    onArrival(isOverLimit) {
      pace.request(queue.waitingGroups());
      const isCalm = conditions.calmSince <= timeline.now();
      if (isOverLimit && isCalm) findings.add("the limit's pace", 'HubSpot refused a call for the limit');
    },
    onAnswer({ name }, status) {
      // What reconcile and an operator are refused counts as a failed run, or is seen on the spot.
      if (!name.startsWith('sync-')) return;
      if (status === 401 || status === 403 || status === 530) alarmWatch.cause('HubSpotAuthFailureAlarm');
      // A 403 of the CDN is not the token's.
      if (status >= 400 && status < 500 && status !== 401 && status !== 429)
        alarmWatch.cause('HubSpotRefusalAlarm');
      const { callsFor } = conditions;
      if (
        callsFor === undefined ||
        !((status >= 400 && status < 500 && status !== 429 && status !== 409) || status === 530)
      )
        return;
      conditions.callsFor = undefined;
      alarmWatch.mustRing(callsFor.why, callsFor.alarms, 20 * MINUTE_MS);
    },
  });
  const parameters = createParameters(
    chanceOf('parameters'),
    new Map([
      [TOKEN_PARAMETER, account.settings.accessToken],
      [LOG_KEY_PARAMETER, 'a key of the simulation, of more than 32 characters'],
    ]),
  );
  const sqs = createSqsNetwork({
    queues: new Map([
      [QUEUE_URL, queue],
      [DLQ_URL, dlq],
    ]),
    chance: chanceOf('sqs'),
    weather: () => ({ failure: conditions.sqsFailure }),
    dies: (host) => (dies(host) ? deathChance.pick(['before', 'after'] as const) : undefined),
    die,
    onSent(queueUrl, message) {
      sampler.wake();
      if (queueUrl === DLQ_URL) {
        lettersSent.record(1);
        letterWatch.written(message);
      }
      if (queueUrl === QUEUE_URL) sent(message.MessageBody ?? '', message.MessageAttributes !== undefined);
    },
  });

  function sent(body: string, replay: boolean): void {
    const verification = verificationOf(body);
    if (verification === undefined) return;
    const { facts, person } = verification;
    // Also where the operator's terminal was closed right after.
    if (facts.deadLetters > 0) facts.redriven += 1;
    if (replay) facts.replays += 1;
    else facts.published += 1;
    registry.touch(person);
    chronicle.tell(person, () => `on the queue${replay ? ', sent again' : ''}: ${body}`);
  }

  // The functions.
  const pace = createPace({ timeline, conditions, requestsPer10s: 190 });
  /** Every address and every username of the simulation holds one of these, and no log line may. */
  const namesSomebody = (line: string): boolean => line.includes('@') || line.includes('~');
  const checkLine = (line: string): void => {
    if (namesSomebody(line)) findings.add('names in no log', line.slice(0, 200));
  };
  const syncTelemetry = createSimulatedTelemetry({
    service: 'sync-contact',
    checkLine,
    metrics,
    chronicle,
    onCount: count,
    onLine(host, message, fields) {
      const verification = letterWatch.messageOf(fields.correlation_id);
      chronicle.tell(verification?.person, () => `${host.name} logs "${message}" ${JSON.stringify(fields)}`);
      if (message !== 'Sign-up synced' || verification === undefined) return;
      verification.facts.outcomes.push(String(fields.outcome));
      verification.facts.syncedAt.push(timeline.now());
      registry.touch(verification.person);
      pace.synced(verification);
      const waitedMs = timeline.now() - verification.verifiedAt;
      const { published, syncedAt, deadLetters } = verification.facts;
      if (waitedMs > 2.5 * HOUR_MS && published > 0 && syncedAt.length === 1 && deadLetters === 0)
        alarmWatch.mustHaveRung(
          `person ${verification.person.number} waited for more than two and a half hours`,
          [
            'BackOffAlarm',
            'MessageAgeAlarm',
            'HubSpotAuthFailureAlarm',
            'HubSpotRefusalAlarm',
            'SyncContactErrorsAlarm',
          ],
          verification.verifiedAt,
        );
    },
  });
  const syncErrors = functionMetric('sync-contact', 'Errors');
  const handedTo = new Map<string, string>();
  const syncFunction = createSyncFunction({
    timeline,
    chance: chanceOf('sync function'),
    config: () => conditions.deployed,
    telemetry: syncTelemetry,
    surroundings: (host) => {
      const jitter = chanceOf(`jitter of ${host.name}`);
      return {
        random: jitter.next,
        http: httpFrom(host),
        readParameters: parameters.readOn(host),
        loadSqs: sqs.loadSqsOn(host),
      };
    },
    onError() {
      syncErrors();
      alarmWatch.cause('SyncContactErrorsAlarm');
      alarmWatch.mustRing('sync-contact failed', ['SyncContactErrorsAlarm'], 8 * MINUTE_MS);
    },
    onBegin(host, requestId, records, again) {
      letterWatch.begun(requestId);
      for (const { messageId, body } of records) {
        const verification = verificationOf(body);
        if (verification === undefined) continue;
        if (again && handedTo.get(messageId) !== host.name) verification.facts.handedElsewhere += 1;
        if (!again) handedTo.set(messageId, host.name);
        chronicle.tell(
          verification.person,
          () => `${host.name} has ${messageId} in hand (${requestId}${again ? ', for the second time' : ''})`,
        );
      }
    },
  });
  const eventSource = createEventSource({
    timeline,
    chance: chanceOf('event source'),
    queue,
    maxConcurrency: 2,
    probabilities: { handedOverAgain: 0.000_5, answerLost: 0.000_2 },
    invoke: syncFunction.invoke,
    onReceive(message) {
      received(message);
    },
  });

  function received({ messageId, body, receiveCount, attributes }: ReceivedMessage): void {
    const verification = verificationOf(body);
    letterWatch.received(messageId, verification);
    if (verification === undefined) return;
    const { facts } = verification;
    facts.deliveries += 1;
    facts.firstDeliveredAt ??= timeline.now();
    facts.lastDeliveredAt = timeline.now();
    if (receiveCount > 1 || facts.deliveries > 1 || 'ErrorCode' in attributes || 'Replay' in attributes)
      facts.redelivered = true;
    chronicle.tell(verification.person, () => `delivery ${receiveCount} of ${messageId}`);
  }

  /** What names an account by Cognito's name for it. */
  function tellBySub(host: Host, message: string, fields: Record<string, unknown>): Verification | undefined {
    const verification = registry.bySub(String(fields.sub));
    chronicle.tell(verification?.person, () => `${host.name} logs "${message}" ${JSON.stringify(fields)}`);
    return verification;
  }

  const pool = createUserPool(timeline, chanceOf('pool'), reconcile.triggerFunctionArn);
  const publisherErrors = functionMetric('publish-verification', 'Errors');
  const publisherThrottles = functionMetric('publish-verification', 'Throttles');
  const callPublisher = createPublisherFunction({
    timeline,
    chance: chanceOf('publisher'),
    queueUrl: QUEUE_URL,
    sqs: sqs.clientOf,
    telemetry: createSimulatedTelemetry({
      service: 'publish-verification',
      checkLine,
      metrics,
      chronicle,
      onCount: count,
      onLine(host, message, fields) {
        const verification = tellBySub(host, message, fields);
        if (message !== 'A sign-up is not on the queue') return;
        if (verification !== undefined) verification.facts.notPublished = true;
        alarmWatch.cause('PublishFailureAlarm');
        alarmWatch.mustRing('a sign-up is not on the queue', ['PublishFailureAlarm'], 8 * MINUTE_MS);
      },
    }),
    state: () => conditions.publisher,
    dies: () => conditions.publisherDeaths > 0 && deathChance.happens(conditions.publisherDeaths),
    onError() {
      publisherErrors();
      alarmWatch.cause('PublishVerificationErrorsAlarm');
      alarmWatch.mustRing('the publisher failed', ['PublishVerificationErrorsAlarm'], 4 * MINUTE_MS);
    },
    onThrottle() {
      publisherThrottles();
      alarmWatch.cause('PublishVerificationThrottlesAlarm');
      alarmWatch.mustRing(
        'the publisher was throttled',
        ['PublishVerificationThrottlesAlarm'],
        4 * MINUTE_MS,
      );
    },
  });
  const confirm: typeof callPublisher = (event, onEnd) => {
    if (pool.postConfirmation === reconcile.triggerFunctionArn) callPublisher(event, onEnd);
    else onEnd(true);
  };

  const netWatch = createNetWatch({
    timeline,
    findings,
    alarmWatch,
    registry,
    portal: account.portal,
    pool,
    publisherArn: reconcile.triggerFunctionArn,
  });
  const reconcileErrors = functionMetric('reconcile', 'Errors');
  const reconcileFunction = createReconcileFunction({
    timeline,
    chance: chanceOf('reconcile function'),
    config: () => conditions.reconcile,
    telemetry: createSimulatedTelemetry({
      service: 'reconcile',
      checkLine,
      metrics,
      chronicle,
      onCount: count,
      onLine: tellBySub,
    }),
    surroundings: (host) => {
      const jitter = chanceOf(`jitter of ${host.name}`);
      return {
        random: jitter.next,
        http: httpFrom(host),
        readParameters: parameters.readOn(host),
        pool: pool.readOn(host),
        sqs: sqs.clientOf(host),
      };
    },
    onError() {
      reconcileErrors();
      alarmWatch.cause('ReconcileErrorsAlarm');
      alarmWatch.mustRing('reconcile failed', ['ReconcileErrorsAlarm'], 8 * MINUTE_MS);
    },
    onBegin: netWatch.runBegins,
  });

  return {
    seed,
    timeline,
    chanceOf,
    chronicle,
    registry,
    metrics,
    account,
    conditions,
    config,
    queue,
    dlq,
    alarms,
    alarmWatch,
    letterWatch,
    findings,
    parameters,
    sqs,
    httpFrom,
    syncFunction,
    eventSource,
    pool,
    /** Cognito's call after a confirmation. */
    confirm,
    reconcileFunction,
    netWatch,
    pace,
    happened,
    count,
    verificationOf,
    newId,
    /** What an operator's command puts on the queue. */
    sendByCommand({
      MessageBody,
      MessageGroupId,
      MessageDeduplicationId,
      MessageAttributes = {},
    }: QueueMessage): void {
      queue.send({
        body: MessageBody,
        groupId: MessageGroupId,
        deduplicationId: MessageDeduplicationId,
        attributes: MessageAttributes,
      });
      sent(MessageBody, 'Replay' in MessageAttributes);
      sampler.wake();
    },
    /** Told of every alarm that goes off. */
    onAlarm(call: (alarm: string) => void): void {
      calledBy.push(call);
    },
    /** The gauges of the queues are looked at again. */
    wakeGauges: () => sampler.wake(),
    dayIsUsedUp,
    /** Nothing is under way: no message, no letter, no trouble. */
    isQuiet: () =>
      conditions.calmSince <= timeline.now() &&
      queue.depth().oldestSentAt === undefined &&
      dlq.depth().oldestSentAt === undefined,
  };
}
