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
import type { BatchResponseSimplePublicObject } from '@hubspot/api-client/lib/codegen/crm/objects/models/BatchResponseSimplePublicObject.js';
import type { BatchResponseSimplePublicObjectWithErrors } from '@hubspot/api-client/lib/codegen/crm/objects/models/BatchResponseSimplePublicObjectWithErrors.js';
import type { SimplePublicObject } from '@hubspot/api-client/lib/codegen/crm/objects/models/SimplePublicObject.js';
import type { SimplePublicObjectWithAssociations } from '@hubspot/api-client/lib/codegen/crm/objects/models/SimplePublicObjectWithAssociations.js';
import { ServerConfiguration } from '@hubspot/api-client/lib/codegen/crm/objects/servers.js';
import { DeliveryError } from '../failure.ts';
import { failureOf } from './answers.ts';
import { underVersion } from './api-version.ts';
import type { Exchange, Take } from './exchange.ts';
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

const failing =
  (addressesContact: boolean) =>
  (error: unknown): never => {
    if (!(error instanceof Refusal)) throw error;
    throw new DeliveryError(failureOf(error.answer, error.callName, addressesContact));
  };
/** What the refusal of a call that addresses no contact means. */
export const orNobody = failing(false);
/** And of one that does: it may be gone. */
export const orGone = failing(true);

/** What a success lacks. Thrown by those who read it. */
export class Lack extends Error {}

/** Whatever is wrong with a success: the SDK's own errors would quote it. */
const unreadable = (call: Call, error: unknown): DeliveryError =>
  new DeliveryError({
    class: 'transient',
    reason: 'UnreadableAnswer',
    detail: `${callName(call)} answered with a success that ${error instanceof Lack ? error.message : 'cannot be read'}.`,
  });

/** What a batch read says of an object that is not there. */
const GONE = 'OBJECT_NOT_FOUND';

/** What a batch read has found, unless it leaves out more than what is gone. */
export function complete<T>(answer: { results: T[]; errors?: { category: string }[] }, lack: string): T[] {
  if (answer.errors?.some(({ category }) => category !== GONE)) throw new Lack(lack);
  return answer.results;
}

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

/** What a batch read finds, and what it says of the rest. */
type BatchRead = BatchResponseSimplePublicObject | BatchResponseSimplePublicObjectWithErrors;

export interface SdkOptions {
  baseUrl: string;
  apiVersion: string;
  send: Send;
}

/**
 * The official SDK's generated modules write the requests and read the answers; our own transport lies between. Why not
 * its `Client`: docs/decisions/0002.
 */
export function connectSdk({ baseUrl, apiVersion, send }: SdkOptions) {
  const configuration = createConfiguration({ baseServer: new ServerConfiguration(baseUrl, {}) });
  const basic = new BasicApiRequestFactory(configuration);
  const batch = new BatchApiRequestFactory(configuration);

  /** Sends what the SDK has written, and lets it read what comes back. */
  const exchange: Exchange = async (caller, written, read, take) => {
    const request = await written;
    const body = request.getBody();
    const call = {
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
      return take((await read(response)).data);
    } catch (error) {
      throw unreadable(call, error);
    }
  };

  return {
    /** Contacts and notes: under `v3` at exactly the ticket's URLs. */
    objects: {
      create: <T>(caller: Caller, args: Parameters<typeof basic.create>, take: Take<SimplePublicObject, T>) =>
        exchange(caller, basic.create(...args), (answer) => basicAnswers.createWithHttpInfo(answer), take),
      update: <T>(caller: Caller, args: Parameters<typeof basic.update>, take: Take<SimplePublicObject, T>) =>
        exchange(caller, basic.update(...args), (answer) => basicAnswers.updateWithHttpInfo(answer), take),
      getById: <T>(
        caller: Caller,
        args: Parameters<typeof basic.getById>,
        take: Take<SimplePublicObjectWithAssociations, T>,
      ) =>
        exchange(caller, basic.getById(...args), (answer) => basicAnswers.getByIdWithHttpInfo(answer), take),
      readBatch: <T>(caller: Caller, args: Parameters<typeof batch.read>, take: Take<BatchRead, T>) =>
        exchange(caller, batch.read(...args), (answer) => batchAnswers.readWithHttpInfo(answer), take),
    },

    /** Loaded only for a contact with more notes than one read lists. */
    async associations() {
      const { connectAssociations } = await import('./associations.ts');
      return connectAssociations(baseUrl, exchange);
    },
  };
}
