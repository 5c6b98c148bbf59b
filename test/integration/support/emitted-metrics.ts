import { setTimeout as sleep } from 'node:timers/promises';
import {
  internalError,
  invalidAuthentication,
  invalidEmail,
  tenSecondlyLimit,
  validationError,
} from '../../../sandbox/hubspot/answers.ts';
import { invoke, triggerEvent } from '../publish-invocation.ts';
import { LONG_AGO } from './card.ts';
import { startCognito } from './cognito.ts';
import { type Metric, metricsIn } from './metrics.ts';
import { type Person, person } from './people.ts';
import { SCHEDULED, startReconcile } from './reconcile.ts';
import { message, type Sync, startSync } from './sync.ts';

const HOUR_MS = 3_600_000;

/** Whatever sync-contact counts: each kind of success, of failure and of dead letter once. */
async function ofSync(sync: Sync, environment: Record<string, string>): Promise<string[]> {
  const instance = sync.instance(environment);
  const strike = ({ email }: Person, answer: { status: number; body: unknown }) =>
    sync.hubspot.faults.add({ email, times: 2, do: { type: 'status', ...answer } });
  const fails = async (answer: { status: number; body: unknown }, through = instance, deliveries = 1) => {
    const someone = person();
    strike(someone, answer);
    await through.deliver(message(someone, { deliveries }));
  };
  const existing = person();
  const card = sync.hubspot.portal.createContact({ email: existing.email }, { createdAt: LONG_AGO });

  await instance.deliver(message(person(), { verifiedAt: new Date().toISOString() }));
  await instance.deliver(message(existing));
  sync.hubspot.portal.updateContact(card.id, { username: 'by hand' });
  const verifiedAt = new Date(Date.now() - HOUR_MS).toISOString();
  await instance.deliver(message(existing, { verifiedAt, deliveries: 2 }));
  await instance.deliver({ body: '{}' });
  await fails(invalidEmail);
  await fails(internalError);
  await fails(internalError, instance, 40);
  await fails(validationError('no'));
  // After these, an instance makes no calls for a while; the last one never begins to.
  const [throttled, refused] = [sync.instance(environment), sync.instance(environment)];
  await fails(tenSecondlyLimit, throttled);
  await fails(invalidAuthentication, refused);
  const late = sync.instance({ ...environment, HUBSPOT_TIMEOUT_MS: '300' }, { timeoutMs: 4_000 });
  await late.deliver(message(person()));
  return [instance, throttled, refused, late].flatMap(({ lines }) => lines);
}

async function ofPublisher(sync: Sync, environment: Record<string, string>): Promise<string[]> {
  const { QUEUE_URL = '', AWS_ENDPOINT_URL_SQS = '' } = sync.environment as Record<string, string>;
  const unverified = triggerEvent({ email_verified: 'false' });
  const reset = triggerEvent({}, 'PostConfirmation_ConfirmForgotPassword');
  const runs = await Promise.all([
    invoke([triggerEvent(), unverified, reset], { ...environment, QUEUE_URL, AWS_ENDPOINT_URL_SQS }),
    invoke([triggerEvent()], environment), // no queue to publish to
  ]);
  return runs.flatMap(({ output }) => output.split('\n'));
}

/** A run of reconcile that does all, and finds the trigger detached. */
async function ofReconcile(sync: Sync, environment: Record<string, string>): Promise<string[]> {
  const lines: string[] = [];
  const cognito = await startCognito();
  cognito.world.postConfirmation = undefined;
  const lambda = startReconcile(sync.environment, { ...cognito.environment, ...environment }, lines);
  try {
    await lambda.invoke(SCHEDULED);
    await sleep(5);
  } finally {
    await lambda.stop();
    cognito.stop();
  }
  return lines;
}

/**
 * Every metric that the built functions emit, told by what they print, with the names that a stage gives them.
 *
 * @param environment what the function of this logical ID is told
 */
export async function emittedMetrics(
  environment: (logicalId: string) => Record<string, string>,
): Promise<Metric[]> {
  const sync = await startSync();
  try {
    return metricsIn([
      ...(await ofSync(sync, environment('SyncContactLambdaFunction'))),
      ...(await ofPublisher(sync, environment('PublishVerificationLambdaFunction'))),
      ...(await ofReconcile(sync, environment('ReconcileLambdaFunction'))),
    ]);
  } finally {
    await sync.stop();
  }
}
