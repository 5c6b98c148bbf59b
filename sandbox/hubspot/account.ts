import { randomUUID } from 'node:crypto';
import {
  type Answer,
  invalidAuthentication,
  missingScopes,
  notFound,
  unsupportedMediaType,
} from './answers.ts';
import { type Authorization, judge } from './authorization.ts';
import { createLimits, type Limits } from './limits.ts';
import { operationFor } from './operations.ts';
import { createPortal } from './portal.ts';
import { type Account, defaultSettings, type Settings } from './settings.ts';

/** One request to `/crm`, without HTTP. */
export interface AccountRequest {
  /** In upper case. */
  readonly method: string;
  /** The path, with the query. */
  readonly url: string;
  /** Empty for none. */
  readonly body: string;
  readonly headers: {
    readonly authorization?: string | undefined;
    readonly contentType?: string | undefined;
  };
}

/**
 * A request that has arrived. What it is refused for and what it does are two steps, so that time can pass between them,
 * or only one of them be taken.
 */
export interface ReceivedRequest {
  /** What its token was when it arrived. */
  readonly authorization: Authorization | undefined;
  /** Why HubSpot does nothing about it, if so. Counts it against the limits, so ask once. */
  refusal(): Answer | undefined;
  /** Does what it asks for. Later changes of the account do not reach into the answer. */
  apply(): Answer;
}

/** An answer as it goes out. Names of headers are in lower case. */
export interface CompleteAnswer extends Answer {
  readonly headers: Record<string, string>;
}

/** A HubSpot account: its data, its limits, and what it answers. Nothing here waits, and no time passes by itself. */
export interface HubSpotAccount extends Account {
  /** Where the account is reached, for links in answers. */
  url: string;
  readonly limits: Limits;
  /** Finds the operation that a request is for and judges its token, by the settings of this moment. */
  receive(request: AccountRequest): ReceivedRequest;
  /** What every answer has: a correlation ID of its own, in the body too where one is, and the state of the limits. */
  complete(answer: Answer): CompleteAnswer;
  /** All of it at once. */
  answerTo(request: AccountRequest): CompleteAnswer;
  /** As at first, settings included. */
  reset(): void;
}

/** What `createAccount` can be told. */
export interface AccountOptions {
  /** In milliseconds since 1970. The account's clock is this one, moved by `clockOffsetMs`. */
  now: () => number;
  /** Where they differ from the defaults. */
  settings?: Partial<Settings>;
  /** Default: that of HubSpot. */
  url?: string;
  /** A new one at every call. Default: `randomUUID`. */
  newCorrelationId?: () => string;
}

function withCorrelationId(answer: Answer, id: string): Answer {
  const { body } = answer;
  const own = typeof body === 'object' && body !== null && 'correlationId' in body;
  return own ? { ...answer, body: { ...body, correlationId: id } } : answer;
}

/** An empty account. */
export function createAccount({
  now,
  settings: changed = {},
  url = 'https://api.hubapi.com',
  newCorrelationId = randomUUID,
}: AccountOptions): HubSpotAccount {
  const settings: Settings = { ...defaultSettings(), ...changed };
  const clock = () => now() + settings.clockOffsetMs;
  const portal = createPortal(clock);
  const limits = createLimits(settings, clock);

  const account: HubSpotAccount = {
    portal,
    settings,
    limits,
    url,
    now,
    receive({ method, url: path, body, headers }) {
      const authorization = judge(headers.authorization, settings.accessToken);
      const operation = operationFor({ method, path, body }, settings.switchedOff);
      return {
        authorization,
        refusal() {
          if (authorization !== 'right') return invalidAuthentication;
          const limited = limits.refuse();
          if (limited) return limited;
          if (operation && !settings.scopes.has(operation.scope)) return missingScopes(operation.scope);
          const isJson = /^application\/json\b/i.test(headers.contentType ?? '');
          return body !== '' && !isJson ? unsupportedMediaType : undefined;
        },
        apply: () => operation?.run(account) ?? notFound,
      };
    },
    complete(answer) {
      const id = newCorrelationId();
      const headers = { ...limits.headers(), 'x-hubspot-correlation-id': id, ...answer.headers };
      return { ...withCorrelationId(answer, id), headers };
    },
    answerTo(request) {
      const received = account.receive(request);
      return account.complete(received.refusal() ?? received.apply());
    },
    reset() {
      portal.clear();
      limits.clear();
      Object.assign(settings, defaultSettings(), changed);
    },
  };
  return account;
}
