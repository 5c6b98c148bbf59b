import {
  BasicApiRequestFactory,
  BasicApiResponseProcessor,
} from '@hubspot/api-client/lib/codegen/crm/objects/apis/BasicApi.js';
import {
  BatchApiRequestFactory,
  BatchApiResponseProcessor,
} from '@hubspot/api-client/lib/codegen/crm/objects/apis/BatchApi.js';
import { createConfiguration } from '@hubspot/api-client/lib/codegen/crm/objects/configuration.js';
import { ResponseContext } from '@hubspot/api-client/lib/codegen/crm/objects/http/http.js';
import { ServerConfiguration } from '@hubspot/api-client/lib/codegen/crm/objects/servers.js';
import { underVersion } from './api-version.ts';
import type { Exchange } from './exchange.ts';
import { type Answer, type Call, type Caller, callName, type Send } from './transport.ts';

/** An answer that is no success, on its way out of the SDK. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly answer: Answer;
  /** Method and path of the call. */
  readonly callName: string;

  constructor(answer: Answer, call: Call) {
    super(`HubSpot answered ${answer.status}`);
    this.answer = answer;
    this.callName = callName(call);
  }
}

/** A success that the SDK could make nothing of. Its own error would quote the body. */
export class Unreadable extends Error {}

/**
 * The success status under which the SDK reads an answer. It takes others for errors: a create answered with 200, for
 * one. A batch may leave something out and say so, which the SDK reads under 207 only.
 */
function documentedStatus({ method, url }: Call): number {
  if (url.includes('/batch/')) return 207;
  return method === 'POST' ? 201 : 200;
}

const basicAnswers = new BasicApiResponseProcessor();
const batchAnswers = new BatchApiResponseProcessor();

interface Requests {
  basic: BasicApiRequestFactory;
  batch: BatchApiRequestFactory;
}
const known = new Map<string, Requests>();

/** What writes the requests to this address: made once, for all syncs. */
function requestsTo(baseUrl: string): Requests {
  const made = known.get(baseUrl);
  if (made !== undefined) return made;
  const configuration = createConfiguration({ baseServer: new ServerConfiguration(baseUrl, {}) });
  const requests = {
    basic: new BasicApiRequestFactory(configuration),
    batch: new BatchApiRequestFactory(configuration),
  };
  known.set(baseUrl, requests);
  return requests;
}

export interface SdkOptions {
  baseUrl: string;
  apiVersion: string;
  send: Send;
  caller: Caller;
}

/**
 * The official SDK's generated modules write the requests and read the answers; our own transport lies between. Why not
 * its `Client`: docs/decisions/0002. For one sync at a time, so that failures can name the call that is being made.
 */
export function connectSdk({ baseUrl, apiVersion, send, caller }: SdkOptions) {
  let call: Call | undefined;

  const { basic, batch } = requestsTo(baseUrl);

  /** Sends what the SDK has written, and lets it read what comes back. */
  const exchange: Exchange = async (written, read) => {
    const request = await written;
    const body = request.getBody();
    call = {
      method: request.getHttpMethod(),
      url: underVersion(request.getUrl(), apiVersion),
      headers: request.getHeaders(),
      body: typeof body === 'string' ? body : undefined,
    };
    const answer = await send(call, caller);
    if (answer.status < 200 || answer.status > 299) throw new Refusal(answer, call);
    const response = new ResponseContext(
      documentedStatus(call),
      { 'content-type': 'application/json' },
      { text: async () => answer.body, binary: async () => Buffer.from(answer.body) },
    );
    try {
      return (await read(response)).data;
    } catch {
      throw new Unreadable();
    }
  };

  return {
    /** Contacts and notes: under `v3` at exactly the ticket's URLs. */
    objects: {
      create: (...args: Parameters<typeof basic.create>) =>
        exchange(basic.create(...args), (answer) => basicAnswers.createWithHttpInfo(answer)),
      update: (...args: Parameters<typeof basic.update>) =>
        exchange(basic.update(...args), (answer) => basicAnswers.updateWithHttpInfo(answer)),
      getById: (...args: Parameters<typeof basic.getById>) =>
        exchange(basic.getById(...args), (answer) => basicAnswers.getByIdWithHttpInfo(answer)),
      readBatch: (...args: Parameters<typeof batch.read>) =>
        exchange(batch.read(...args), (answer) => batchAnswers.readWithHttpInfo(answer)),
    },

    /** Loaded only for a contact with more notes than one read lists. */
    async associations() {
      const { connectAssociations } = await import('./associations.ts');
      return connectAssociations(baseUrl, exchange);
    },

    /** Method and path of the latest call. */
    latestCall: () => (call === undefined ? 'No call' : callName(call)),
  };
}
