import { afterEach, expect, test, vi } from 'vitest';
import { endpointOf } from '../../ops/aws/aws-call.ts';

afterEach(() => vi.unstubAllEnvs());

test.each([
  ['cognito-idp', 'us-east-1', 'https://cognito-idp.us-east-1.amazonaws.com/'],
  ['lambda', 'us-gov-west-1', 'https://lambda.us-gov-west-1.amazonaws.com/'],
  ['lambda', 'cn-north-1', 'https://lambda.cn-north-1.amazonaws.com.cn/'],
  ['cognito-idp', 'eusc-de-east-1', 'https://cognito-idp.eusc-de-east-1.amazonaws.eu/'],
] as const)('%s in %s is at %s', (service, region, url) => {
  vi.stubEnv('AWS_ENDPOINT_URL', '');
  expect(endpointOf({ service, region }).href).toBe(url);
});

test("a service's own variable goes before the common one", () => {
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
  vi.stubEnv('AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER', 'http://127.0.0.1:2');
  expect(endpointOf({ service: 'cognito-idp', region: 'us-east-1' }).port).toBe('2');
  expect(endpointOf({ service: 'lambda', region: 'us-east-1' }).port).toBe('1');
});
