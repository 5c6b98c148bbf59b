import { createHash, createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  internalError,
  invalidAuthentication,
  invalidEmail,
  tenSecondlyLimit,
  validationError,
} from '../../sandbox/hubspot/answers.ts';
import { CONTACTS } from './support/api-version.ts';
import { LONG_AGO } from './support/card.ts';
import { keepOutOfLogs } from './support/log-archive.ts';
import { metricsIn } from './support/metrics.ts';
import { type Person, person } from './support/people.ts';
import { startSsm } from './support/ssm.ts';
import { type Instance, message, type Sync, startSync } from './support/sync.ts';

/*
 * What operators see: one line a record, and the metrics that dashboards and alarms are made of.
 */

const FUNCTION = { service: 'sync-contact' };

/** Nobody may ever read it in a log. */
const LOG_KEY = randomBytes(24).toString('base64');
keepOutOfLogs(LOG_KEY);

let sync: Sync;
let ssm: Awaited<ReturnType<typeof startSsm>>;
let instance: Instance;
let before: number;

beforeAll(async () => {
  sync = await startSync();
  ssm = await startSsm();
  ssm.answer = { values: { '/token': sync.hubspot.settings.accessToken, '/log-key': LOG_KEY } };
  instance = sync.instance({
    HUBSPOT_ACCESS_TOKEN: '',
    HUBSPOT_TOKEN_PARAMETER: '/token',
    LOG_KEY_PARAMETER: '/log-key',
    AWS_ENDPOINT_URL_SSM: ssm.url,
  });
});
beforeEach(async () => {
  await sync.reset();
  before = instance.lines.length;
});
afterAll(async () => {
  await sync.stop();
  await ssm.stop();
});

const existing = (): Person => {
  const someone = person();
  sync.hubspot.portal.createContact({ email: someone.email }, { createdAt: LONG_AGO });
  return someone;
};
const printed = (): string[] => instance.lines.slice(before);
const metrics = () => metricsIn(printed());

describe('the log line of a record', () => {
  it('tells of a new contact', async () => {
    const { line, messageId } = await instance.deliver(message(person()));
    expect(line).toEqual({
      level: 'INFO',
      message: 'Sign-up synced',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      service: 'sync-contact',
      cold_start: expect.any(Boolean),
      function_arn: expect.any(String),
      function_memory_size: '256',
      function_name: 'sync-contact',
      function_request_id: expect.stringMatching(/^[\da-f-]{36}$/),
      sampling_rate: 0,
      correlation_id: messageId,
      person: expect.stringMatching(/^[\da-f]{12}$/),
      deliveries: 1,
      hubspotRequests: 1,
      outcome: 'created',
      durationMs: expect.any(Number),
      sinceVerifiedMs: expect.any(Number),
    });
    expect(line.durationMs).toBeGreaterThan(0);
  });

  it('tells of an existing one, with the IDs to find it by', async () => {
    const someone = existing();
    const { line } = await instance.deliver(message(someone, { deliveries: 3 }));
    const contact = sync.hubspot.portal.contactByEmail(someone.email);
    expect(line).toMatchObject({
      outcome: 'updated',
      contactId: contact?.id,
      noteId: sync.hubspot.portal.notesOf(contact?.id ?? '')[0]?.id,
      deliveries: 3,
    });
  });

  it('is a warning for what comes again, and an error for what does not', async () => {
    sync.hubspot.faults.add({ do: { type: 'status', ...internalError } });
    const retried = await instance.deliver(message(person()));
    expect(retried.line).toMatchObject({
      level: 'WARN',
      message: 'Sign-up will be delivered again',
      outcome: 'retry',
      failure: 'transient',
      detail: `POST ${CONTACTS} answered 500 INTERNAL_ERROR.`,
      hubspotCorrelationId: '2dea5219-07f2-40ce-82ec-9c2e302317a4',
      delaySeconds: expect.any(Number),
    });
    const dead = await instance.deliver({ body: '{}' });
    expect(dead.line).toMatchObject({
      level: 'ERROR',
      message: 'Sign-up became a dead letter',
      outcome: 'dead-letter',
      errorCode: 'InvalidMessage',
    });
  });

  it('calls one person by the same hash in every case of the address, and another by another', async () => {
    const someone = person();
    const hashOf = async (email: string) =>
      (await instance.deliver(message({ ...someone, email }))).line.person;
    const hash = await hashOf(someone.email);
    expect(await hashOf(someone.email.toUpperCase())).toBe(hash);
    expect(await hashOf(person().email)).not.toBe(hash);

    const address = someone.email.toLowerCase();
    expect(hash).toBe(createHmac('sha256', LOG_KEY).update(address).digest('hex').slice(0, 12));
    // Whoever has a list of addresses and no key finds nobody.
    expect(createHash('sha256').update(address).digest('hex')).not.toContain(hash);
  });

  it('calls nobody anything without a key, and says so once', async () => {
    const keyless = sync.instance();
    const delivered = await keyless.deliverAll([message(person()), message(person())]);
    for (const { line } of delivered) expect(line).not.toHaveProperty('person');
    const said = keyless.lines.filter((line) => line.includes('Log lines name nobody'));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('LOG_KEY_PARAMETER is not set');
  });

  it('and the metrics are all that is printed: JSON, line by line', async () => {
    await instance.deliverAll([message(person()), message(existing()), { body: '{}' }]);
    for (const line of printed()) expect(() => JSON.parse(line)).not.toThrow();
    expect(printed().filter((line) => !line.includes('"_aws"'))).toHaveLength(3);
  });

  it.each([
    ['POWERTOOLS_LOG_LEVEL', 'DEBUG'],
    ['POWERTOOLS_LOG_LEVEL', 'TRACE'],
    ['POWERTOOLS_LOGGER_LOG_EVENT', 'true'],
    ['POWERTOOLS_DEV', 'true'],
    ['NODE_DEBUG', 'http,net,undici'],
  ])('names nobody with %s=%s either', async (name, value) => {
    const talkative = sync.instance({ [name]: value, POWERTOOLS_LOGGER_LOG_EVENT: 'true' });
    const someone = person();
    sync.hubspot.faults.add({
      email: someone.email,
      do: { type: 'status', ...validationError(someone.email) },
    });
    await talkative.invoke({
      Records: [
        {
          messageId: 'by-hand',
          receiptHandle: 'by-hand',
          body: JSON.stringify(someone),
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: String(Date.now()),
            MessageGroupId: 'x',
          },
          messageAttributes: {},
        },
      ],
    });
    expect(talkative.lines.join('\n')).toContain('by-hand');
    expect(talkative.lines.join('\n').toLowerCase()).not.toContain(someone.email.toLowerCase());
    expect(talkative.lines.join('\n')).not.toContain(someone.username);
  });
});

describe('the metrics', () => {
  it('count contacts and notes, and time every call', async () => {
    await instance.deliverAll([message(person()), message(person()), message(existing())]);
    expect(metrics().every(({ namespace }) => namespace === 'WmeHubSpotSync')).toBe(true);
    expect(metrics()).toContainEqual({
      namespace: 'WmeHubSpotSync',
      name: 'ContactCreated',
      unit: 'Count',
      dimensions: FUNCTION,
      values: [1, 1],
    });
    for (const name of ['ContactUpdated', 'NoteCreated']) {
      expect(metrics()).toContainEqual(
        expect.objectContaining({ name, unit: 'Count', dimensions: FUNCTION, values: [1] }),
      );
    }
    const latency = metrics().find(({ name }) => name === 'HubSpotLatency');
    expect(latency).toMatchObject({ unit: 'Milliseconds', dimensions: FUNCTION });
    expect(latency?.values).toHaveLength(5);
    expect(latency?.values.every((ms) => ms > 0 && ms < 5_000)).toBe(true);
  });

  it('count what is put aside, by class and by reason', async () => {
    const [transient, throttled, misconfigured, rejected, refused] = [
      person(),
      person(),
      person(),
      person(),
      person(),
    ];
    const strike = ({ email }: Person, answer: { status: number; body: unknown }) =>
      sync.hubspot.faults.add({ email, times: 2, do: { type: 'status', ...answer } });
    strike(transient, internalError);
    strike(misconfigured, invalidAuthentication);
    strike(rejected, invalidEmail);
    strike(refused, validationError('no'));
    strike(throttled, tenSecondlyLimit);
    const counting = sync.instance();
    for (const someone of [transient, refused, rejected]) await counting.deliver(message(someone));
    await counting.deliver({ body: '{}' });
    strike(transient, internalError);
    await counting.deliver(message(transient, { deliveries: 40 }));
    // After these two, an instance makes no calls for a while.
    await counting.deliver(message(throttled));
    const another = sync.instance();
    await another.deliver(message(misconfigured));

    const counted = metricsIn([...counting.lines, ...another.lines])
      .filter(({ name }) => name !== 'HubSpotLatency' && name !== 'DailyQuotaLeft')
      .map(({ name, dimensions: { service, ...others }, values }) => ({ name, service, ...others, values }));
    const once = { service: FUNCTION.service, values: [1] };
    // What is split is also there as a whole: alarms ring for the total, whatever the value.
    const split = (name: string, value: Record<string, string>) => [
      { name, ...once },
      { name, ...value, ...once },
    ];
    expect(counted).toEqual([
      ...split('DeliveryRetried', { class: 'transient' }),
      ...split('DeliveryRetried', { class: 'misconfigured' }),
      { name: 'HubSpotRefusal', ...once },
      ...split('DeadLetter', { ErrorCode: 'HubSpotRejected' }),
      ...split('DeadLetter', { ErrorCode: 'InvalidMessage' }),
      ...split('DeadLetter', { ErrorCode: 'DeliveriesExhausted' }),
      ...split('DeliveryRetried', { class: 'throttled' }),
      ...split('DeliveryRetried', { class: 'misconfigured' }),
      { name: 'HubSpotAuthFailure', ...once },
    ]);
  });

  it('count nothing twice when a delivery finds everything done', async () => {
    const someone = person();
    await instance.deliver(message(someone));
    before = instance.lines.length;
    const { line } = await instance.deliver(message(someone, { deliveries: 2 }));
    expect(line).toMatchObject({ outcome: 'unchanged' });
    expect(metrics().map(({ name }) => name)).toEqual(['HubSpotLatency', 'DailyQuotaLeft']);
  });

  it('tell once a batch what is left of the account for the day, at its least', async () => {
    sync.hubspot.settings.requestsPerDay = 1_000_000_000;
    await instance.deliverAll([message(person()), message(person()), message(existing())]);
    const [left, ...others] = metrics().filter(({ name }) => name === 'DailyQuotaLeft');
    expect(others).toEqual([]);
    expect(left).toMatchObject({ unit: 'Percent', dimensions: FUNCTION });
    expect(left?.values).toHaveLength(1);
    expect(left?.values[0]).toBeGreaterThan(99);
    expect(left?.values[0]).toBeLessThan(100);
  });
});
