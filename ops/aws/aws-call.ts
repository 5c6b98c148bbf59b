import { setTimeout as sleep } from 'node:timers/promises';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { parseXML } from '@aws-sdk/xml-builder';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import * as z from 'zod/mini';
import { OperatorError } from '../exit.ts';

const READ_TIMEOUT_MS = 5_000;
const WRITE_TIMEOUT_MS = 15_000;
const READ_ATTEMPTS = 5;
const RETRY_BASE_MS = 100;

/** One call of an AWS API, as it goes over the wire: no model of the API's data is in between. */
export interface AwsCall {
  service: keyof typeof ENDPOINT_VARIABLES;
  region: string;
  method: 'GET' | 'POST';
  /** With the query, where there is one. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** What a failed call means: it was not carried out, it was not and can be tried again, or nobody knows. */
export type FailureKind = 'refused' | 'throttled' | 'unanswered';

/** A call that brought no result. */
export class AwsFailure extends Error {
  override readonly name = 'AwsFailure';
  readonly kind: FailureKind;
  /** AWS's error code, the HTTP status or the network's error. */
  readonly code: string;

  constructor(kind: FailureKind, code: string, message: string) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}

/** The services that are asked in this way, and the AWS SDKs' variable for each one's address. */
const ENDPOINT_VARIABLES = {
  cloudformation: 'AWS_ENDPOINT_URL_CLOUDFORMATION',
  'cognito-idp': 'AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER',
  lambda: 'AWS_ENDPOINT_URL_LAMBDA',
  logs: 'AWS_ENDPOINT_URL_CLOUDWATCH_LOGS',
  /** CloudWatch, by the name that its addresses and signatures have. */
  monitoring: 'AWS_ENDPOINT_URL_CLOUDWATCH',
  sns: 'AWS_ENDPOINT_URL_SNS',
  sts: 'AWS_ENDPOINT_URL_STS',
} as const;

/** The domains of AWS's partitions, by the beginning of their regions' names; all others are under amazonaws.com. */
const PARTITIONS: readonly (readonly [string, string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
];

/** Where a service is: as the AWS SDKs' variables say, or at AWS. */
export function endpointOf({ service, region }: Pick<AwsCall, 'service' | 'region'>): URL {
  const variable = ENDPOINT_VARIABLES[service];
  const configured = process.env[variable] || process.env.AWS_ENDPOINT_URL;
  if (configured) {
    if (/^https?:/.test(configured) && URL.canParse(configured)) return new URL(configured);
    throw new OperatorError(`${variable} or AWS_ENDPOINT_URL is not a URL. Nothing was changed.`);
  }
  const [, domain = 'amazonaws.com'] = PARTITIONS.find(([prefix]) => region.startsWith(prefix)) ?? [];
  return new URL(`https://${service}.${region}.${domain}`);
}

const provideCredentials = defaultProvider();

async function signedHeaders(call: AwsCall, url: URL): Promise<Record<string, string>> {
  const credentials = await provideCredentials().catch(() => {
    throw new OperatorError(
      'No AWS credentials were found, or they have expired. Sign in as for the AWS CLI; AWS_PROFILE chooses a profile.',
    );
  });
  const { service, region, method, headers = {}, body } = call;
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
  const signed = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...headers, host: url.host },
    body,
  });
  // fetch() writes the same one itself.
  const { host, ...others } = signed.headers;
  return others;
}

const errorBody = z.object({
  __type: z.optional(z.string()),
  message: z.optional(z.string()),
  Message: z.optional(z.string()),
});

/** An error as the Query APIs (CloudFormation, STS) write it. */
const xmlError = z.pipe(
  z.object({ ErrorResponse: z.object({ Error: z.object({ Code: z.string(), Message: z.string() }) }) }),
  z.transform(({ ErrorResponse: { Error: error } }) => ({
    __type: error.Code,
    message: error.Message,
    Message: undefined,
  })),
);

/** Who asked, or an address in the settings, may be in what AWS says; its advice is worth having all the same. */
const withoutAddresses = (text: string): string => text.replace(/[^\s"'<>/:]+@[^\s"'<>]+/g, '…');

const THROTTLED = /Throttl|TooManyRequests|RequestLimitExceeded/;

function failureOf(response: Response, text: string): AwsFailure {
  const parsed = parseBody(text);
  const body = xmlError.safeParse(parsed).data ?? errorBody.safeParse(parsed).data;
  const named = response.headers.get('x-amzn-errortype') ?? body?.__type;
  // `com.amazonaws.cognito#Code` or `Code:http://…`
  const code = named?.replace(/^.*#|:.*$/g, '') ?? String(response.status);
  const said = withoutAddresses(body?.message ?? body?.Message ?? '').trim();
  const kind = kindOf(response.status, code);
  return new AwsFailure(kind, code, said);
}

function kindOf(status: number, code: string): FailureKind {
  if (status === 429 || THROTTLED.test(code)) return 'throttled';
  return status >= 400 && status < 500 && status !== 408 ? 'refused' : 'unanswered';
}

/** JSON, or XML of the Query APIs as nested objects. */
function parseBody(text: string): unknown {
  try {
    return text.startsWith('<') ? parseXML(text) : JSON.parse(text);
  } catch {
    return undefined;
  }
}

const networkError = z.object({ cause: z.object({ code: z.string() }) });

/**
 * Sends one signed request, once.
 *
 * @returns what the answer's JSON or XML holds.
 * @throws AwsFailure when the call fails; OperatorError when there are no credentials.
 */
export async function send(call: AwsCall, timeoutMs = WRITE_TIMEOUT_MS): Promise<unknown> {
  const url = new URL(call.path, endpointOf(call));
  const { method, body } = call;
  const headers = await signedHeaders(call, url);
  const signal = AbortSignal.timeout(timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers,
      signal,
      redirect: 'manual',
      ...(body !== undefined && { body }),
    });
    text = await response.text();
  } catch (error) {
    const code = signal.aborted ? 'TimeoutError' : networkError.safeParse(error).data?.cause.code;
    throw new AwsFailure('unanswered', code ?? 'NetworkError', '');
  }
  if (!response.ok) throw failureOf(response, text);
  const answer = parseBody(text);
  if (answer === undefined) throw new AwsFailure('unanswered', 'UnreadableAnswer', '');
  return answer;
}

/** {@link send} for what changes nothing: again, with a jittered back-off, while AWS throttles or does not answer. */
export async function sendRead(call: AwsCall): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(call, READ_TIMEOUT_MS);
    } catch (error) {
      const again = error instanceof AwsFailure && error.kind !== 'refused';
      if (!again || attempt === READ_ATTEMPTS) throw error;
    }
    await sleep(Math.random() * RETRY_BASE_MS * 2 ** attempt);
  }
}
