import { setMaxListeners } from 'node:events';
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Clock, machineClock } from '../clock.ts';
import type { Http } from '../http.ts';
import { authorized } from '../hubspot/authorization.ts';
import { rateShare } from '../hubspot/rate-share.ts';
import { transport } from '../hubspot/transport.ts';
import type { ReadParameters } from '../parameters.ts';
import { openSecrets } from '../secrets.ts';
import type { Telemetry } from '../telemetry.ts';
import type { ReconcileConfig } from './config.ts';
import { DailyError, type DailyResult, reconcileDaily } from './daily.ts';
import { openUserPool, type UserPool } from './user-pool.ts';

/** The timeout in serverless.yml: the longest that Lambda knows. */
const INVOCATION_MS = 900_000;
/** Kept of it for the last call, and for SQS. */
const RESERVE_MS = 30_000;

/** All that reaches an instance from outside, and all by which it acts. Left out: the machine's, HubSpot's, AWS's. */
export interface ReconcileSurroundings {
  clock?: Clock;
  random?: () => number;
  http?: Http;
  readParameters?: ReadParameters;
  pool?: UserPool;
  sqs?: Pick<SQSClient, 'send'>;
}

/** One invocation of the function, as far as it is told. */
export interface ReconcileInvocation {
  requestId: string;
  /** Of the invocation's time. */
  remainingMs: number;
}

/** An instance of reconcile. */
export function startReconcileInstance(
  config: ReconcileConfig,
  telemetry: Telemetry,
  {
    clock = machineClock,
    random = Math.random,
    http,
    readParameters,
    pool = openUserPool(new CognitoIdentityProviderClient(CLIENT), config.userPoolId),
    // AWS_ENDPOINT_URL_SQS is to be obeyed, whatever host the queue's URL names.
    sqs = new SQSClient({ ...CLIENT, useQueueUrlAsEndpoint: false }),
  }: ReconcileSurroundings = {},
): (invocation: ReconcileInvocation) => Promise<DailyResult> {
  const { baseUrl, apiVersion, requestsPer10s, timeoutMs } = config.hubspot;
  const { token } = openSecrets(config.hubspot.token, telemetry.logger, {
    now: clock.now,
    read: readParameters,
  });
  const share = rateShare(requestsPer10s, clock);
  const send = authorized(transport({ share, timeoutMs, clock, http }), token, clock.now);

  return async ({ requestId, remainingMs }) => {
    const stop = new AbortController();
    // One listener for every call.
    setMaxListeners(0, stop.signal);
    const forCallsMs = Math.max(Math.min(remainingMs, INVOCATION_MS) - RESERVE_MS, 0);
    const clear = clock.after(forCallsMs, () =>
      stop.abort(new DailyError('The time was not enough for the whole pool.')),
    );
    return reconcileDaily(
      {
        pool,
        triggerFunctionArn: config.triggerFunctionArn,
        hubspot: { baseUrl, apiVersion, send },
        queue: { sqs, url: config.queueUrl },
        telemetry,
        clock,
        random,
      },
      { run: `reconcile ${requestId}`, stop: stop.signal },
    ).finally(clear);
  };
}

/** Throttled calls are tried again, with a back-off, by the SDK. */
const CLIENT = {
  maxAttempts: 6,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};
