import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { beginBatch, type Invocation } from './batch.ts';
import { type Clock, machineClock } from './clock.ts';
import type { Config } from './config.ts';
import type { Http } from './http.ts';
import { authorized } from './hubspot/authorization.ts';
import { openCrm } from './hubspot/crm.ts';
import { rateShare } from './hubspot/rate-share.ts';
import { transport } from './hubspot/transport.ts';
import type { ReadParameters } from './parameters.ts';
import { type LoadSqs, lazySqs } from './queue/sqs.ts';
import { openSecrets } from './secrets.ts';
import type { Telemetry } from './telemetry.ts';
import { workedOn } from './worked-on.ts';

/** All that reaches an instance from outside, and all by which it acts. Left out: the machine's, HubSpot's, AWS's. */
export interface Surroundings {
  clock?: Clock;
  random?: () => number;
  http?: Http;
  readParameters?: ReadParameters;
  loadSqs?: LoadSqs;
}

/** Works on one batch of messages, and says which of them SQS must deliver again. */
export type SyncBatch = (event: SQSEvent, invocation: Invocation) => Promise<SQSBatchResponse>;

/** An instance of sync-contact, with what it keeps from one invocation to the next. */
export function startSyncInstance(
  config: Config,
  telemetry: Telemetry,
  {
    clock = machineClock,
    random = Math.random,
    http,
    readParameters,
    loadSqs = lazySqs(),
  }: Surroundings = {},
): SyncBatch {
  const { token, tagOf } = openSecrets(config.hubspot.token, telemetry.logger, {
    now: clock.now,
    read: readParameters,
  });
  // While the instance starts, and its first message is on its way. Whoever needs the token asks for it again if this fails.
  token.current().catch(() => {});
  const sendAs = transport({
    share: rateShare(config.hubspot.requestsPer10s, clock),
    timeoutMs: config.hubspot.timeoutMs,
    clock,
    http,
  });
  const { baseUrl, apiVersion } = config.hubspot;
  const dependencies = {
    config,
    telemetry,
    loadSqs,
    crmFor: openCrm({ baseUrl, apiVersion, send: authorized(sendAs, token, clock.now) }),
    tagOf,
    workedOn: workedOn(),
    clock,
    random,
  };
  const processor = new BatchProcessor(EventType.SQS);

  return async (event, invocation) => {
    const { handleRecord, end } = beginBatch(dependencies, invocation);
    const options = { throwOnFullBatchFailure: false };
    const response = await processPartialResponse(event, handleRecord, processor, options);
    end();
    return response;
  };
}
