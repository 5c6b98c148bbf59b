import { setTimeout as sleep } from 'node:timers/promises';
import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mapEventSource } from '../../sandbox/event-source.ts';
import { internalError, invalidAuthentication } from '../../sandbox/hubspot/answers.ts';
import type { Lambda } from '../../sandbox/lambda.ts';
import { startStack } from '../../sandbox/stack.ts';
import { PUBLISHER, poolUser, startCognito } from './support/cognito.ts';
import { countIn, metricsIn } from './support/metrics.ts';
import { type Person, person } from './support/people.ts';
import { SCHEDULED, startReconcile } from './support/reconcile.ts';

/* The built function, against a user pool, an SQS and a HubSpot over HTTP; and the built sync-contact after it. */

let stack: Awaited<ReturnType<typeof startStack>>;
let cognito: Awaited<ReturnType<typeof startCognito>>;
let lambda: Lambda;
const lines: string[] = [];

beforeAll(async () => {
  cognito = await startCognito();
  stack = await startStack({
    instances: 1,
    hubspot: { requestsPer10s: Number.POSITIVE_INFINITY },
    environment: { HUBSPOT_REQUESTS_PER_10S: '1000000' },
  });
  stack.eventSource.stop();
  lambda = start();
});
beforeEach(async () => {
  lines.length = 0;
  stack.hubspot.reset();
  Object.assign(cognito.world, {
    users: [],
    pageSize: 60,
    postConfirmation: PUBLISHER,
    listsNobody: false,
    calls: [],
    refusal: () => undefined,
  });
  const { sqs, queueUrl } = stack.queues;
  await sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
});
afterAll(async () => {
  await lambda.stop();
  cognito.stop();
  await stack.stop();
});

const start = (environment: Record<string, string> = {}): Lambda =>
  startReconcile(stack.syncEnvironment, { ...cognito.environment, ...environment }, lines);

async function run(instance = lambda): Promise<void> {
  await instance.invoke(SCHEDULED);
  await sleep(5);
}

/** What somebody's aborted poll has taken along is on the queue too. */
const onQueue = () => {
  const { ready, inflight } = stack.queues.waiting();
  return [...ready, ...inflight.map(({ message }) => message)].map(({ body }) => JSON.parse(body));
};
const HOUR_MS = 3_600_000;
const ago = (ms: number): Date => new Date(Math.floor((Date.now() - ms) / 1_000) * 1_000);
const known = ({ email, username }: Person, more: Record<string, string> = {}) =>
  stack.hubspot.portal.createContact({ email, username, ...more });

describe('the built function', () => {
  it('reads the pool page by page, and sends whoever is missing', async () => {
    const everybody = Array.from({ length: 130 }, () => person());
    const createdAt = ago(5 * HOUR_MS);
    cognito.world.users = everybody.map((one) => poolUser(one, { createdAt }));
    cognito.world.pageSize = 47;
    for (const one of everybody.slice(2)) known(one);
    await run();
    expect(onQueue()).toEqual(
      everybody.slice(0, 2).map((one) => ({ ...one, verifiedAt: createdAt.toISOString() })),
    );
    expect(cognito.world.calls).toEqual(['DescribeUserPool', 'ListUsers', 'ListUsers', 'ListUsers']);
    expect(cognito.world.unsigned).toBe(0);
    expect(countIn(lines, 'MissingInHubSpot')).toBe(2);
    expect(countIn(lines, 'ReconcileRun')).toBe(1);
    expect(countIn(lines, 'TriggerDetached')).toBe(0);
    expect(metricsIn(lines).every(({ dimensions }) => dimensions.service === 'reconcile')).toBe(true);
    expect(lines.join('\n')).not.toMatch(/[Oo]ttoline|example/);
  });

  it('and the sync makes their cards right, with no note too many, whoever holds the address', async () => {
    const [fresh, old, secondary, done] = [person(), person(), person(), person()];
    cognito.world.users = [fresh, old, secondary, done].map((one) =>
      poolUser(one, { createdAt: ago(HOUR_MS) }),
    );
    const card = stack.hubspot.portal.createContact(
      { email: old.email },
      { createdAt: ago(1_000 * HOUR_MS) },
    );
    const other = stack.hubspot.portal.createContact(
      { email: person().email },
      { createdAt: ago(1_000 * HOUR_MS) },
    );
    stack.hubspot.portal.addSecondaryEmail(other.id, secondary.email);
    known(done);
    const { sqs, queueUrl } = stack.queues;
    const invocations = stack.syncContacts.map(({ invoke }) => invoke);
    const eventSource = mapEventSource({ sqs, queueUrl, invocations });
    try {
      // Twice: the second time, the other address of somebody is looked for in vain again.
      for (const missing of [3, 1]) {
        lines.length = 0;
        await run();
        expect(countIn(lines, 'MissingInHubSpot')).toBe(missing);
        await stack.drained();
      }
    } finally {
      eventSource.stop();
    }
    const cardOf = ({ email }: Person) => stack.hubspot.portal.contactByEmail(email);
    for (const one of [fresh, old, secondary, done])
      expect(cardOf(one)?.properties.username).toBe(one.username);
    const notes = (id: string | undefined) => stack.hubspot.portal.notesOf(id ?? '').length;
    expect([cardOf(fresh)?.id, card.id, other.id, cardOf(done)?.id].map(notes)).toEqual([0, 1, 1, 0]);
    expect(stack.hubspot.portal.contacts()).toHaveLength(4);
  });

  it('sends nobody of more than 200, and counts them', async () => {
    cognito.world.users = Array.from({ length: 201 }, () => poolUser(person()));
    await run();
    expect(onQueue()).toEqual([]);
    expect(countIn(lines, 'MissingInHubSpot')).toBe(201);
    expect(countIn(lines, 'ReconcileRun')).toBe(1);
  });

  it('says that the trigger is another one, and whose', async () => {
    cognito.world.postConfirmation = 'arn:aws:lambda:us-east-1:000000000000:function:theirs';
    await run();
    expect(countIn(lines, 'TriggerDetached')).toBe(1);
    expect(lines.join('\n')).toContain('function:theirs');
  });

  it('waits for Cognito to have room again', async () => {
    cognito.world.users = [poolUser(person())];
    cognito.world.refusal = (_call, count) =>
      count <= 2 ? { status: 400, code: 'TooManyRequestsException' } : undefined;
    await run();
    expect(onQueue()).toHaveLength(1);
  });

  it('fails where it may not list the pool, says so, and names nobody', async () => {
    cognito.world.refusal = () => ({ status: 400, code: 'AccessDeniedException' });
    await expect(run()).rejects.toThrow(
      'The user pool could not be read (ListUsers: AccessDeniedException).',
    );
    expect(countIn(lines, 'ReconcileRun')).toBe(0);
    expect(lines.join('\n')).not.toContain('night@');
  });

  it('fails where the list of a pool with users is empty, and counts no run', async () => {
    cognito.world.users = [poolUser(person())];
    cognito.world.listsNobody = true;
    await expect(run()).rejects.toThrow('The user pool has some 1 users, and none of them was listed.');
    expect(countIn(lines, 'ReconcileRun')).toBe(0);
    cognito.world.listsNobody = false;
    cognito.world.users = [];
    await run();
    expect(countIn(lines, 'ReconcileRun')).toBe(1);
  });

  it.each([
    ['is down', { type: 'status', ...internalError, headers: { 'retry-after': '60' } }, /500/],
    ['refuses the token', { type: 'status', ...invalidAuthentication }, /401/],
  ] as const)('fails where HubSpot %s, counts no run, and still sees the trigger', async (_, fault, says) => {
    cognito.world.users = [poolUser(person())];
    cognito.world.postConfirmation = undefined;
    stack.hubspot.faults.add({ times: Number.POSITIVE_INFINITY, do: fault });
    const instance = start();
    await expect(run(instance)).rejects.toThrow(says);
    await instance.stop();
    expect(countIn(lines, 'ReconcileRun')).toBe(0);
    expect(countIn(lines, 'TriggerDetached')).toBe(1);
    expect(onQueue()).toEqual([]);
    expect(lines.join('\n')).not.toMatch(/[Oo]ttoline|example/);
  });

  it('fails where nothing answers for Cognito', async () => {
    const unreachable = start({ AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: 'http://127.0.0.1:9' });
    await expect(unreachable.invoke({})).rejects.toThrow(/could not be read \(\w+: ECONNREFUSED\)/);
    await sleep(5);
    expect(countIn(lines, 'ReconcileRun')).toBe(0);
    await unreachable.stop();
  });

  it('fails where it may not look at the trigger, after it has sent whom it found', async () => {
    cognito.world.users = [poolUser(person())];
    cognito.world.refusal = (call) =>
      call === 'DescribeUserPool' ? { status: 400, code: 'AccessDeniedException' } : undefined;
    await expect(run()).rejects.toThrow('DescribeUserPool: AccessDeniedException');
    expect(onQueue()).toHaveLength(1);
    expect(countIn(lines, 'MissingInHubSpot')).toBe(1);
    expect(countIn(lines, 'ReconcileRun')).toBe(0);
  });

  it('does not start with settings that are none, and names them all', async () => {
    const broken = start({ USER_POOL_ID: '', TRIGGER_FUNCTION_ARN: 'publisher', QUEUE_URL: 'queue' });
    await expect(broken.invoke({})).rejects.toThrow(
      /QUEUE_URL is not an http\(s\) URL; USER_POOL_ID is not set; TRIGGER_FUNCTION_ARN is not an ARN/,
    );
    await broken.stop();
  });
});
