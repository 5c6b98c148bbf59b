import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import * as z from 'zod/mini';
import { openHttp } from '../http.ts';

/** One call of an AWS API that takes and gives JSON. */
export interface AwsCall {
  service: keyof typeof SERVICES;
  action: string;
  input: object;
  /** Connection to last byte. */
  timeoutMs: number;
}

/** What came of it: the answer; or a failure, which the SDK's client may make good. */
export type FirstAttempt =
  | { answer: unknown }
  | {
      /** AWS's error code, where it gave one. */
      code: string | undefined;
      /** How far AWS's clock is ahead of this machine's, in milliseconds, where it answered. */
      clockOffsetMs: number;
    };

const SERVICES = {
  sqs: { target: 'AmazonSQS', json: '1.0', endpoint: 'AWS_ENDPOINT_URL_SQS' },
  ssm: { target: 'AmazonSSM', json: '1.1', endpoint: 'AWS_ENDPOINT_URL_SSM' },
} as const;

/** Those of the partition whose addresses end in amazonaws.com, under their plain names. */
const PLAIN_REGION = /^(af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-\d$/;

/** Variables of the SDK that tell it to do something else than what is plain. */
const NOT_PLAIN = [
  'AWS_PROFILE',
  'AWS_CONFIG_FILE',
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
];

const http = openHttp();

/**
 * The first attempt at a call, by one signed request. It does what the SDK's client would do where nothing goes wrong,
 * and nothing else: loading that client takes longer than the call. Whatever it cannot do is the client's, the whole
 * of it: attempts, back-off, throttling, clock skew, credentials that are somewhere else than in the environment, and
 * unusual addresses. Why: docs/decisions/0023.
 */
export async function firstAttempt(call: AwsCall): Promise<FirstAttempt> {
  const failed = { code: undefined, clockOffsetMs: 0 };
  const signed = await signedRequest(call);
  if (signed === undefined) return failed;
  try {
    const { status, headers, body } = await http(signed.url, {
      ...signed,
      method: 'POST',
      timeoutMs: call.timeoutMs,
    });
    if (status === 200) return { answer: JSON.parse(body) };
    const clockOffsetMs = Date.parse(headers.get('date') ?? '') - Date.now() || 0;
    return { code: errorCode(body), clockOffsetMs };
  } catch {
    return failed;
  }
}

/** Undefined where something is not plain, or not there. */
async function signedRequest({ service, action, input }: AwsCall) {
  const {
    AWS_REGION: region = '',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (!PLAIN_REGION.test(region) || !accessKeyId || !secretAccessKey) return undefined;
  if (NOT_PLAIN.some((name) => process.env[name])) return undefined;

  const { target, json, endpoint } = SERVICES[service];
  const address = process.env[endpoint] || process.env.AWS_ENDPOINT_URL;
  const url = address || `https://${service}.${region}.amazonaws.com`;
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, host, origin, href } = new URL(url);
  // With a path of its own, a user or a query, an address is no plain one.
  if (!/^https?:$/.test(protocol) || href !== `${origin}/`) return undefined;

  const body = JSON.stringify(input);
  const signer = new SignatureV4({
    service,
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
    sha256: Sha256,
  });
  const { headers } = await signer.sign({
    method: 'POST',
    protocol,
    hostname,
    path: '/',
    headers: {
      host,
      'content-type': `application/x-amz-json-${json}`,
      'x-amz-target': `${target}.${action}`,
    },
    body,
  });
  return { url: origin, headers, body };
}

const errorBody = z.object({ __type: z.string() });

/** `com.amazonaws.sqs#Code`, or the code alone. */
function errorCode(body: string): string | undefined {
  try {
    const { data } = errorBody.safeParse(JSON.parse(body));
    return data?.__type.replace(/^.*#/, '');
  } catch {
    return undefined;
  }
}
