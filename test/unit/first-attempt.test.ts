import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { firstAttempt } from '../../lib/aws/first-attempt.ts';

let server: Server;
let address: string;
let asked: {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}[];
let answer: { status?: number; headers?: Record<string, string>; body?: string } | 'hang' | 'reset';

beforeEach(async () => {
  asked = [];
  answer = { body: '{"Parameters":[]}' };
  server = createServer(async (request, response) => {
    asked.push({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: await text(request),
    });
    if (answer === 'hang') return;
    if (answer === 'reset') return void response.destroy();
    const { status = 200, headers = {}, body = '' } = answer;
    response.writeHead(status, headers).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('AWS_ENDPOINT_URL_SSM', address);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

const attempt = (timeoutMs = 5_000) =>
  firstAttempt({ service: 'ssm', action: 'GetParameters', input: { Names: ['/ü'] }, timeoutMs });

const nothing: (typeof asked)[number] = { method: undefined, url: undefined, headers: {}, body: '' };

describe('the first attempt', () => {
  it('is one signed request, and its answer what the JSON holds', async () => {
    vi.stubEnv('AWS_SESSION_TOKEN', 'session');
    expect(await attempt()).toEqual({ answer: { Parameters: [] } });
    expect(asked).toEqual([
      {
        method: 'POST',
        url: '/',
        body: '{"Names":["/ü"]}',
        headers: expect.objectContaining({
          host: new URL(address).host,
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'AmazonSSM.GetParameters',
          'x-amz-security-token': 'session',
        }),
      },
    ]);
  });

  it('bears a signature that AWS, going by what arrives, comes to as well', async () => {
    await attempt();
    const [{ headers, body } = nothing] = asked;
    const [, scope = '', names = '', signature] =
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/(.+), SignedHeaders=(.+), Signature=(.+)$/.exec(
        headers.authorization ?? '',
      ) ?? [];
    expect(scope).toMatch(/^\d{8}\/eu-west-1\/ssm\/aws4_request$/);
    expect(names.split(';')).toEqual(
      expect.arrayContaining(['content-type', 'host', 'x-amz-date', 'x-amz-target']),
    );

    // AWS, "Create a signed AWS API request".
    const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
    const hmac = (key: string | Buffer, content: string) =>
      createHmac('sha256', key).update(content).digest();
    const lines = names.split(';').map((name) => `${name}:${headers[name]}\n`);
    const request = ['POST', '/', '', lines.join(''), names, sha256(body)].join('\n');
    const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(request)].join('\n');
    const key = scope.split('/').reduce<string | Buffer>(hmac, 'AWS4secret');
    expect(signature).toBe(hmac(key, toSign).toString('hex'));
  });

  it.each([
    ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SSM'],
    ['AWS_ENDPOINT_URL_SSM', 'AWS_ENDPOINT_URL'],
  ])('goes where %s says', async (set, unset) => {
    vi.stubEnv(unset, '');
    vi.stubEnv(set, `${address}/`);
    expect(await attempt()).toEqual({ answer: { Parameters: [] } });
  });

  it.each([
    ['no region', { AWS_REGION: '' }],
    ['a region of another partition', { AWS_REGION: 'cn-north-1' }],
    ['a region of a partition with addresses of its own', { AWS_REGION: 'us-iso-east-1' }],
    ['no credentials', { AWS_ACCESS_KEY_ID: '' }],
    ['half of the credentials', { AWS_SECRET_ACCESS_KEY: '' }],
    ['a profile', { AWS_PROFILE: 'somebody' }],
    ['a file of settings', { AWS_CONFIG_FILE: '/opt/aws-config' }],
    ['an endpoint of another kind', { AWS_USE_FIPS_ENDPOINT: 'true' }],
    ['an endpoint of both kinds of address', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }],
    ['an endpoint that is not to be obeyed', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }],
    ['an address that hides a path', { AWS_ENDPOINT_URL_SSM: 'http://HERE\\path' }],
    ['an address with a query', { AWS_ENDPOINT_URL_SSM: 'http://HERE/?query' }],
    ['an address with a path', { AWS_ENDPOINT_URL_SSM: 'http://HERE/path' }],
    ['an address with a user', { AWS_ENDPOINT_URL_SSM: 'http://a:b@HERE' }],
    ['an address that is none', { AWS_ENDPOINT_URL_SSM: 'neither' }],
    ['an address with a port that is none', { AWS_ENDPOINT_URL_SSM: 'http://127.0.0.1:999999' }],
  ])('is left to the SDK where there is %s', async (_, environment) => {
    for (const [name, value] of Object.entries(environment))
      vi.stubEnv(name, value.replace('HERE', new URL(address).host));
    expect(await attempt()).toEqual({ code: undefined, clockOffsetMs: 0 });
    expect(asked).toEqual([]);
  });
});

describe('what the SDK has to make good', () => {
  it.each([
    ['no answer in time', 'hang'],
    ['a connection that breaks', 'reset'],
    ['an answer that is no JSON', { body: '<html>' }],
  ] as const)('%s', async (_, given) => {
    answer = given;
    expect(await attempt(given === 'hang' ? 50 : 5_000)).toEqual({ code: undefined, clockOffsetMs: 0 });
  });

  it.each([
    ['AccessDenied', { __type: 'com.amazonaws.sqs#AccessDenied' }],
    ['ThrottlingException', { __type: 'ThrottlingException', message: 'secret' }],
    [undefined, { message: 'secret' }],
    [undefined, 'secret'],
  ])('an error, by its code: %s', async (code, said) => {
    answer = { status: 400, body: JSON.stringify(said) };
    expect(await attempt()).toEqual({ code, clockOffsetMs: expect.any(Number) });
  });

  it('an error that is no JSON', async () => {
    answer = { status: 503, body: '<html>' };
    expect(await attempt()).toEqual({ code: undefined, clockOffsetMs: expect.any(Number) });
  });

  it("with AWS's clock as far ahead as it is, where it tells", async () => {
    answer = { status: 400, headers: { date: new Date(Date.now() - 600_000).toUTCString() } };
    const { clockOffsetMs } = await attempt().then((failed) => ({ clockOffsetMs: 0, ...failed }));
    expect(clockOffsetMs).toBeLessThan(-595_000);
    expect(clockOffsetMs).toBeGreaterThan(-605_000);

    answer = { status: 400, headers: { date: 'yesterday' } };
    expect(await attempt()).toMatchObject({ clockOffsetMs: 0 });
  });
});
