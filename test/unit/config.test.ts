import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../lib/config.ts';

const smallest = {
  HUBSPOT_ACCESS_TOKEN: 'pat-na1-secret',
  QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/1/verified-users.fifo',
  DLQ_URL: 'https://sqs.us-east-1.amazonaws.com/1/verified-users-dlq.fifo',
  MAX_RECEIVE_COUNT: '40',
};

function problemsWith(environment: NodeJS.ProcessEnv): string {
  try {
    readConfig(environment);
  } catch (error) {
    return error instanceof Error ? error.message : 'not an Error';
  }
  return 'none';
}

describe('the configuration', () => {
  it('needs a token, two queues and a count; everything else has its default', () => {
    expect(readConfig(smallest)).toEqual({
      hubspot: {
        token: { accessToken: 'pat-na1-secret' },
        baseUrl: 'https://api.hubapi.com',
        apiVersion: 'v3',
        timeoutMs: 10_000,
        requestsPer10s: 95,
      },
      queueUrl: smallest.QUEUE_URL,
      dlqUrl: smallest.DLQ_URL,
      maxReceiveCount: 40,
      retryBaseSeconds: 15,
      retryMaxSeconds: 7_200,
    });
  });

  it('takes every variable, and leaves the others alone', () => {
    const { HUBSPOT_ACCESS_TOKEN: _, ...rest } = smallest;
    expect(
      readConfig({
        ...rest,
        HUBSPOT_TOKEN_PARAMETER: '/wme/token',
        LOG_KEY_PARAMETER: '/wme/log-key',
        HUBSPOT_BASE_URL: 'http://127.0.0.1:4010//',
        HUBSPOT_API_VERSION: '2026-09',
        HUBSPOT_TIMEOUT_MS: '30000',
        HUBSPOT_REQUESTS_PER_10S: '100',
        MAX_CONCURRENCY: '3',
        MAX_RECEIVE_COUNT: '1',
        RETRY_BASE_SECONDS: '0',
        RETRY_MAX_SECONDS: '43200',
        PATH: '/bin',
      }),
    ).toMatchObject({
      hubspot: {
        token: { parameter: '/wme/token', logKeyParameter: '/wme/log-key' },
        baseUrl: 'http://127.0.0.1:4010',
        apiVersion: '2026-09',
        timeoutMs: 30_000,
        requestsPer10s: 100 / 3,
      },
      maxReceiveCount: 1,
      retryBaseSeconds: 0,
      retryMaxSeconds: 43_200,
    });
  });

  it('takes the address of HubSpot however it is written, as the SDK has to have it', () => {
    const HUBSPOT_BASE_URL = 'HTTPS://API.HubAPI.com';
    expect(readConfig({ ...smallest, HUBSPOT_BASE_URL }).hubspot.baseUrl).toBe('https://api.hubapi.com');
  });

  it('takes a token with white space around it, as secrets are often stored', () => {
    expect(problemsWith({ ...smallest, HUBSPOT_ACCESS_TOKEN: ' pat-na1-secret\n' })).toBe('none');
  });

  it('takes an empty variable for one that nobody set', () => {
    const empty = {
      HUBSPOT_BASE_URL: '',
      HUBSPOT_TIMEOUT_MS: '',
      HUBSPOT_TOKEN_PARAMETER: '',
      MAX_CONCURRENCY: undefined,
    };
    expect(readConfig({ ...smallest, ...empty })).toEqual(readConfig(smallest));
  });
});

describe('a configuration that is not complete', () => {
  it('is told in one message that names everything at once', () => {
    expect(problemsWith({ HUBSPOT_TIMEOUT_MS: 'soon', MAX_CONCURRENCY: '0', DLQ_URL: 'dlq' })).toBe(
      'The configuration is not complete: ' +
        'HUBSPOT_TIMEOUT_MS is not a whole number from 1 to 30000; ' +
        'MAX_CONCURRENCY is not a whole number from 1 to 1000; ' +
        'QUEUE_URL is not set; ' +
        'DLQ_URL is not an http(s) URL; ' +
        'MAX_RECEIVE_COUNT is not set; ' +
        'set one of HUBSPOT_ACCESS_TOKEN and HUBSPOT_TOKEN_PARAMETER, and not both.',
    );
  });

  it.each([
    ['no token', { HUBSPOT_ACCESS_TOKEN: '' }, 'set one of HUBSPOT_ACCESS_TOKEN and'],
    ['two places for the token', { HUBSPOT_TOKEN_PARAMETER: '/x' }, 'and not both'],
    [
      'more instances than requests',
      { HUBSPOT_REQUESTS_PER_10S: '2', MAX_CONCURRENCY: '3' },
      'an instance would have no share',
    ],
    ['a URL of another kind', { HUBSPOT_BASE_URL: 'ftp://x' }, 'HUBSPOT_BASE_URL is not an http(s) URL'],
    ['a URL that only begins like one', { HUBSPOT_BASE_URL: 'httpx://x' }, 'is not an http(s) URL'],
    ['a URL that only ends like one', { HUBSPOT_BASE_URL: 'xhttp://x' }, 'is not an http(s) URL'],
    ['a URL with a query', { HUBSPOT_BASE_URL: 'https://x/?a=b' }, 'HUBSPOT_BASE_URL holds more than'],
    ['a URL with a fragment', { HUBSPOT_BASE_URL: 'https://x/#a' }, 'HUBSPOT_BASE_URL holds more than'],
    ['a URL with a password', { HUBSPOT_BASE_URL: 'https://a:b@x' }, 'HUBSPOT_BASE_URL holds more than'],
    ...['v4', 'xv3', '3', '2026', '2026-9', '2026-09-01', 'V3'].map((version): [string, object, string] => [
      `${version} for a version`,
      { HUBSPOT_API_VERSION: version },
      'HUBSPOT_API_VERSION is neither v3 nor a date such as 2026-09',
    ]),
    ['a token of blanks', { HUBSPOT_ACCESS_TOKEN: ' ' }, 'HUBSPOT_ACCESS_TOKEN holds'],
    ['a token that no header takes', { HUBSPOT_ACCESS_TOKEN: 'pat na1' }, 'HUBSPOT_ACCESS_TOKEN holds'],
    ['a key of the logs without a token beside it', { LOG_KEY_PARAMETER: '/x' }, 'both are read in one call'],
    ['an empty count', { MAX_RECEIVE_COUNT: '' }, 'MAX_RECEIVE_COUNT is not set'],
  ])('%s', (_, changed, problem) => {
    expect(problemsWith({ ...smallest, ...changed })).toContain(problem);
  });

  it('may have as many instances as requests', () => {
    const changed = { HUBSPOT_REQUESTS_PER_10S: '3', MAX_CONCURRENCY: '3' };
    expect(readConfig({ ...smallest, ...changed }).hubspot.requestsPer10s).toBe(1);
  });

  it('has numbers within their bounds, and nothing that only looks like one', () => {
    const bounds = {
      HUBSPOT_TIMEOUT_MS: [1, 30_000],
      HUBSPOT_REQUESTS_PER_10S: [2, 1_000_000],
      MAX_CONCURRENCY: [1, 190],
      MAX_RECEIVE_COUNT: [1, 1_000],
      RETRY_BASE_SECONDS: [0, 43_200],
      RETRY_MAX_SECONDS: [0, 43_200],
    };
    for (const [name, [min = 0, max = 0]] of Object.entries(bounds)) {
      for (const good of [min, max]) expect(problemsWith({ ...smallest, [name]: String(good) })).toBe('none');
      for (const bad of [min - 1, max + 1, '1.5', '1e3', ' 7', '0x7', 'NaN', '9999999999']) {
        expect(problemsWith({ ...smallest, [name]: String(bad) })).toContain(name);
      }
    }
  });

  it('never has a value quoted', () => {
    const value = fc.string({ minLength: 1 }).map((text) => `zqSECRETqz${text}`);
    const names = [
      ...Object.keys(smallest),
      'HUBSPOT_TOKEN_PARAMETER',
      'HUBSPOT_BASE_URL',
      'RETRY_MAX_SECONDS',
    ];
    const environment = fc.record(
      Object.fromEntries(names.map((name) => [name, fc.option(value, { nil: undefined })])),
    );
    fc.assert(
      fc.property(environment, (variables) => {
        const problems = problemsWith(variables);
        expect(problems).toMatch(/^The configuration is not complete: /);
        expect(problems).not.toContain('zqSECRETqz');
      }),
    );
  });
});
