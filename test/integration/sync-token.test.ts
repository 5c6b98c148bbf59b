import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CONTACTS } from './support/api-version.ts';
import { keepOutOfLogs } from './support/log-archive.ts';
import { countIn } from './support/metrics.ts';
import { person } from './support/people.ts';
import { type SsmAnswer, startSsm } from './support/ssm.ts';
import { BUNDLE, type Delivered, type Instance, message, type Sync, startSync } from './support/sync.ts';

/*
 * The private app's access token, from SSM as on the deployed stages.
 */

const PARAMETER = '/wme-hubspot-sync/test/hubspot-access-token';

const LOG_KEY_PARAMETER = '/wme-hubspot-sync/test/log-key';

const stored = (token: string): SsmAnswer => ({ values: { [PARAMETER]: token } });

let sync: Sync;
let ssm: Awaited<ReturnType<typeof startSsm>>;

beforeAll(async () => {
  sync = await startSync();
  ssm = await startSsm();
});
beforeEach(async () => {
  await sync.reset();
  ssm.requests.length = 0;
});
afterAll(async () => {
  await sync.stop();
  await ssm.stop();
});

/** A token that HubSpot accepts from now on, and that nobody may ever read. */
function newToken(): string {
  const token = `pat-na1-${randomBytes(16).toString('hex')}`;
  keepOutOfLogs(token);
  sync.hubspot.settings.accessToken = token;
  return token;
}

/** One that has not read its token yet. */
const freshInstance = (): Instance =>
  sync.instance({
    HUBSPOT_ACCESS_TOKEN: '',
    HUBSPOT_TOKEN_PARAMETER: PARAMETER,
    LOG_KEY_PARAMETER,
    AWS_ENDPOINT_URL_SSM: ssm.url,
  });

const batchOf = (instance: Instance, count: number): Promise<Delivered[]> =>
  instance.deliverAll(Array.from({ length: count }, () => message(person())));

it('is read once for a whole batch, decrypted, and kept for the next ones', async () => {
  ssm.answer = stored(newToken());
  const instance = freshInstance();
  for (const count of [10, 3]) {
    const delivered = await batchOf(instance, count);
    expect(delivered.every(({ line }) => line.outcome === 'created')).toBe(true);
  }
  expect(ssm.requests).toEqual([{ Names: [PARAMETER, LOG_KEY_PARAMETER], WithDecryption: true }]);
});

it.each([
  ['a line end', '\n'],
  ['a Windows line end and spaces', ' \r\n'],
])('works when it was stored with %s', async (_, end) => {
  ssm.answer = stored(`${newToken()}${end}`);
  const { line } = await freshInstance().deliver(message(person()));
  expect(line).toMatchObject({ outcome: 'created', hubspotRequests: 1 });
});

describe('when HubSpot refuses it', () => {
  it('and it was rotated, it is read again once, the calls are repeated once, and nothing is put back', async () => {
    ssm.answer = stored(newToken());
    const instance = freshInstance();
    await batchOf(instance, 1);

    ssm.answer = stored(newToken());
    const delivered = await batchOf(instance, 10);
    expect(delivered.every(({ failed }) => !failed)).toBe(true);
    expect(delivered.every(({ line }) => line.hubspotRequests === 2)).toBe(true);
    expect(ssm.requests).toHaveLength(2);

    const [next] = await batchOf(instance, 1);
    expect(next?.line.hubspotRequests).toBe(1);
    expect(ssm.requests).toHaveLength(2);
    expect(countIn(instance.lines, 'HubSpotAuthFailure')).toBe(0);
  });

  it('and it was not rotated, fifty messages cost a handful of calls and two reads, and wait long', async () => {
    ssm.answer = stored(newToken());
    const instance = freshInstance();
    newToken();
    const batches: Delivered[] = [];
    for (let batch = 0; batch < 5; batch += 1) batches.push(...(await batchOf(instance, 10)));

    // The calls of the first batch that were under way when the first was refused, and one with the token read anew.
    expect(sync.hubspot.journal.entries().length).toBeLessThanOrEqual(11);
    expect(ssm.requests).toHaveLength(2);
    for (const { failed, deadLetter, hiddenSeconds, line } of batches) {
      expect(failed).toBe(true);
      expect(deadLetter).toBeUndefined();
      expect(hiddenSeconds).toBeGreaterThanOrEqual(3_600);
      expect(line).toMatchObject({ failure: 'misconfigured' });
    }
    expect(batches.at(-1)?.line).toMatchObject({
      hubspotRequests: 0,
      detail: `POST ${CONTACTS} was held back: HubSpot refuses the token (401).`,
    });
    expect(countIn(instance.lines, 'HubSpotAuthFailure')).toBe(50);

    // The operator rotates it at last. An instance that knows nothing of the refusal goes on at once.
    ssm.answer = stored(newToken());
    const [first] = batches;
    expect(first && (await freshInstance().redeliver(first)).line.outcome).toBe('created');
  });

  it('and SSM fails just then, the message waits, and is synced later', async () => {
    ssm.answer = stored(newToken());
    const instance = freshInstance();
    await batchOf(instance, 1);
    const rotated = newToken();
    ssm.answer = { error: 'InternalServerError', status: 500 };
    const first = await instance.deliver(message(person()));
    expect(first.line).toMatchObject({ failure: 'transient', hubspotRequests: 1 });
    ssm.answer = stored(rotated);
    expect((await instance.redeliver(first)).line).toMatchObject({ outcome: 'created' });
  });
});

describe('when it cannot be had', () => {
  it.each<[string, SsmAnswer, 'misconfigured' | 'transient', RegExp]>([
    [
      'no such parameter',
      { values: {} },
      'misconfigured',
      /^The HubSpot token could not be read from SSM \(ParameterNotFound\)\.$/,
    ],
    [
      'no permission',
      { error: 'AccessDeniedException', status: 400 },
      'misconfigured',
      /\(AccessDeniedException\)\.$/,
    ],
    [
      'a key that was deleted',
      { error: 'InvalidKeyId', status: 400 },
      'misconfigured',
      /\(InvalidKeyId\)\.$/,
    ],
    [
      'an error inside SSM',
      { error: 'InternalServerError', status: 500 },
      'transient',
      /\(InternalServerError\)\.$/,
    ],
    ['throttling', { error: 'ThrottlingException', status: 400 }, 'transient', /\(ThrottlingException\)\.$/],
    [
      'an empty parameter',
      stored(''),
      'misconfigured',
      /^The HubSpot token is empty or holds characters that no token has\.$/,
    ],
    ['white space', stored(' \n'), 'misconfigured', /is empty/],
    ['two lines', stored('pat-na1-one\npat-na1-two'), 'misconfigured', /holds characters/],
  ])('%s: no call is made, and the message waits', async (_, answer, kind, detail) => {
    const good = newToken();
    ssm.answer = answer;
    const instance = freshInstance();
    const first = await instance.deliver(message(person()));

    expect(sync.hubspot.journal.entries()).toEqual([]);
    expect(first).toMatchObject({ failed: true, deadLetter: undefined });
    expect(first.line).toMatchObject({ outcome: 'retry', failure: kind, hubspotRequests: 0 });
    expect(first.line.detail).toMatch(detail);
    const [least, most] = kind === 'misconfigured' ? [3_600, 7_200] : [8, 15];
    expect(first.hiddenSeconds).toBeGreaterThanOrEqual(least);
    expect(first.hiddenSeconds).toBeLessThanOrEqual(most);
    expect(countIn(instance.lines, 'HubSpotAuthFailure')).toBe(kind === 'misconfigured' ? 1 : 0);

    ssm.answer = stored(good);
    expect((await instance.redeliver(first)).line).toMatchObject({ outcome: 'created' });
  });
});

it('is in no bundle', () => {
  const files = readdirSync(dirname(BUNDLE), { recursive: true, encoding: 'utf8' });
  expect(files).toContain('index.mjs');
  for (const file of files) {
    expect(readFileSync(join(dirname(BUNDLE), file), 'utf8')).not.toMatch(/pat-[a-z]{2}\d-|Bearer [\w-]{8}/);
  }
});
