import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CONTACTS } from './support/api-version.ts';
import { keepOutOfLogs } from './support/log-archive.ts';
import { person } from './support/people.ts';
import { message, type Sync, startSync } from './support/sync.ts';

/*
 * The environment is read once, at start: what is wrong with it stops the start, with one message for all of it.
 */

let sync: Sync;

beforeAll(async () => {
  sync = await startSync();
});
beforeEach(() => sync.reset());
afterAll(() => sync.stop());

/** What a start with these variables says of itself. */
async function refusalOf(environment: Record<string, string>): Promise<string> {
  const instance = sync.instance(environment);
  await expect(instance.invoke({ Records: [] })).rejects.toThrow('sync-contact did not start');
  const complaints = instance.lines.flatMap(
    (line) => /^Error: The configuration is not complete: .*$/.exec(line) ?? [],
  );
  expect(complaints).toHaveLength(1);
  return complaints[0] ?? '';
}

it('everything that is wrong is named at once, and no value is', async () => {
  const secret = `pat-na1-${randomBytes(16).toString('hex')}`;
  keepOutOfLogs(secret);
  const refusal = await refusalOf({
    HUBSPOT_ACCESS_TOKEN: secret,
    HUBSPOT_TOKEN_PARAMETER: secret,
    HUBSPOT_BASE_URL: `ftp://${secret}`,
    HUBSPOT_TIMEOUT_MS: '10s',
    HUBSPOT_REQUESTS_PER_10S: '-1',
    MAX_CONCURRENCY: '1.5',
    QUEUE_URL: '',
    DLQ_URL: secret,
    MAX_RECEIVE_COUNT: '',
    RETRY_BASE_SECONDS: '0x10',
    RETRY_MAX_SECONDS: '43201',
  });
  expect(
    refusal.replace('Error: The configuration is not complete: ', '').replace(/\.$/, '').split('; ').sort(),
  ).toEqual([
    'DLQ_URL is not an http(s) URL',
    'HUBSPOT_BASE_URL is not an http(s) URL',
    'HUBSPOT_REQUESTS_PER_10S is not a whole number from 1 to 1000000',
    'HUBSPOT_TIMEOUT_MS is not a whole number from 1 to 30000',
    'MAX_CONCURRENCY is not a whole number from 1 to 1000',
    'MAX_RECEIVE_COUNT is not set',
    'QUEUE_URL is not set',
    'RETRY_BASE_SECONDS is not a whole number from 0 to 43200',
    'RETRY_MAX_SECONDS is not a whole number from 0 to 43200',
    'set one of HUBSPOT_ACCESS_TOKEN and HUBSPOT_TOKEN_PARAMETER, and not both',
  ]);
});

it.each<[string, Record<string, string>, string]>([
  [
    'no token at all',
    { HUBSPOT_ACCESS_TOKEN: '' },
    'set one of HUBSPOT_ACCESS_TOKEN and HUBSPOT_TOKEN_PARAMETER',
  ],
  [
    'more instances than calls',
    { HUBSPOT_REQUESTS_PER_10S: '2', MAX_CONCURRENCY: '3' },
    'is smaller than MAX_CONCURRENCY',
  ],
])('%s stops the start', async (_, environment, problem) => {
  expect(await refusalOf(environment)).toContain(problem);
});

it('a token that none can be stops the start without being shown', async () => {
  const secret = `pat-na1-${randomBytes(16).toString('hex')}`;
  keepOutOfLogs(secret);
  expect(await refusalOf({ HUBSPOT_ACCESS_TOKEN: `${secret}\n${secret}` })).toBe(
    'Error: The configuration is not complete: HUBSPOT_ACCESS_TOKEN holds characters that no token has.',
  );
});

describe('what is left out', () => {
  it('has a default, an empty variable too', async () => {
    const instance = sync.instance({
      HUBSPOT_TIMEOUT_MS: '',
      HUBSPOT_REQUESTS_PER_10S: '',
      MAX_CONCURRENCY: '',
      RETRY_BASE_SECONDS: '',
      RETRY_MAX_SECONDS: '',
      HUBSPOT_TOKEN_PARAMETER: '',
    });
    expect((await instance.deliver(message(person()))).line).toMatchObject({ outcome: 'created' });
  });

  it('a base URL may end with a slash', async () => {
    const instance = sync.instance({ HUBSPOT_BASE_URL: `${sync.hubspot.url}/` });
    await instance.deliver(message(person()));
    expect(sync.hubspot.journal.entries()[0]?.path).toBe(CONTACTS);
  });
});
