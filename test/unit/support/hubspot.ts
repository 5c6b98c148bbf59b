import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Crm } from '../../../lib/contact-sync.ts';
import { DeliveryError, type Failure } from '../../../lib/failure.ts';
import { authorized } from '../../../lib/hubspot/authorization.ts';
import { openCrm } from '../../../lib/hubspot/crm.ts';
import type { RateShare } from '../../../lib/hubspot/rate-share.ts';
import { fixedToken } from '../../../lib/hubspot/token.ts';
import { type Answer, type Send, transport } from '../../../lib/hubspot/transport.ts';
import type { Fault } from '../../../sandbox/hubspot/faults.ts';
import type { HubSpotSandbox } from '../../../sandbox/hubspot/sandbox.ts';
import { startHubSpot } from '../../../sandbox/hubspot/server.ts';

/** A HubSpot for the tests of one file: started before the first, as good as new for each, gone after the last. */
export function hubSpot(): { readonly sandbox: HubSpotSandbox } {
  let started: HubSpotSandbox | undefined;
  beforeAll(async () => {
    started = await startHubSpot();
  });
  afterEach(() => started?.reset());
  afterAll(() => started?.close());
  return {
    get sandbox() {
      if (started === undefined) throw new Error('HubSpot is there while a test runs');
      return started;
    },
  };
}

/** A request that the transport told of. */
export interface ToldRequest {
  durationMs: number;
  answer: Answer | undefined;
}

export interface OpenOptions {
  timeoutMs?: number;
  mayStart?: AbortSignal;
  send?: Send;
  apiVersion?: string;
}

/** The CRM as one sync has it, over real HTTP. `requests` fills up with all that were sent. */
export function open(
  { url }: Pick<HubSpotSandbox, 'url'>,
  {
    timeoutMs = 5_000,
    mayStart = new AbortController().signal,
    apiVersion = 'v3',
    ...options
  }: OpenOptions = {},
): { crm: Crm; requests: ToldRequest[] } {
  const requests: ToldRequest[] = [];
  const send =
    options.send ?? authorized(transport({ share: noShare, timeoutMs }), fixedToken('sandbox-token'));
  const caller = { mayStart, onRequest: (request: ToldRequest) => requests.push(request) };
  return { crm: openCrm({ baseUrl: url, apiVersion, send })(caller), requests };
}

/** No limit: calls start at once. */
export const noShare: RateShare = { turn: async () => {}, heard: () => {} };

/** The failure that a call ends in. Fails the test when it ends well, or in another kind of error. */
export async function failureOfCall(call: Promise<unknown>): Promise<Failure> {
  const error: unknown = await call.then(
    () => expect.unreachable('the call should have failed'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DeliveryError);
  if (!(error instanceof DeliveryError)) throw error;
  expect(error.message).toBe(error.failure.detail);
  return error.failure;
}

/** HubSpot's next answer, to whatever call. */
export const nextAnswer = ({ faults }: HubSpotSandbox, status: number, body?: unknown): Fault => {
  const fault: Fault = { type: 'status', status, body };
  faults.add({ do: fault });
  return fault;
};
