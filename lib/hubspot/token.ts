import type { TokenLocation } from '../config.ts';
import { DeliveryError } from '../failure.ts';

/** How long a token from SSM is used before it is read again. */
const TOKEN_MAX_AGE_SECONDS = 300;

/** The private app's access token. It leaves this module only for the Authorization header. */
export interface AccessToken {
  current(): Promise<string>;
  /** After HubSpot refused `refused`: the token as it stands now. */
  reloaded(refused: string): Promise<string>;
}

/** @throws DeliveryError from both calls when the token cannot be had. */
export function accessToken(location: TokenLocation): AccessToken {
  if ('accessToken' in location) {
    const token = usable(location.accessToken);
    return { current: async () => token, reloaded: async () => token };
  }
  return fromParameter(location.parameter);
}

/** From SSM: kept five minutes, read once for all the records of a batch that ask at the same time. */
function fromParameter(name: string): AccessToken {
  let reading: Promise<string> | undefined;
  const read = (forceFetch: boolean) => {
    reading ??= readParameter(name, forceFetch).finally(() => {
      reading = undefined;
    });
    return reading;
  };
  return {
    current: () => read(false),
    reloaded: async (refused) => {
      const token = await read(false);
      return token === refused ? await read(true) : token;
    },
  };
}

async function readParameter(name: string, forceFetch: boolean): Promise<string> {
  const provider = await ssmProvider();
  let value: string | undefined;
  try {
    value = await provider.get(name, { decrypt: true, maxAge: TOKEN_MAX_AGE_SECONDS, forceFetch });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.name : 'unknown error';
    const detail = `The HubSpot token could not be read from SSM (${cause}).`;
    // What only an operator can mend; anything else may mend itself.
    throw /^(ParameterNotFound|AccessDenied|InvalidKeyId|ParameterVersionNotFound|Validation)/.test(cause)
      ? new DeliveryError({ class: 'misconfigured', detail })
      : new DeliveryError({ class: 'transient', detail });
  }
  try {
    return usable(value);
  } catch (error) {
    // Not kept: an operator who mends it should not have to wait for it to grow old.
    provider.clearCache();
    throw error;
  }
}

let provider: ReturnType<typeof createSsmProvider> | undefined;

const ssmProvider = () => {
  provider ??= createSsmProvider();
  return provider;
};

/** Loaded only where a token comes from SSM. Gives up in time for the delivery to be put back. */
async function createSsmProvider() {
  const { SSMProvider } = await import('@aws-lambda-powertools/parameters/ssm');
  return new SSMProvider({
    clientConfig: {
      maxAttempts: 2,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
    },
  });
}

/** Secrets are often stored with a line end; a header must not carry one. */
function usable(stored: string | undefined): string {
  const token = stored?.trim().match(/^[\x21-\x7e]+$/)?.[0];
  if (token !== undefined) return token;
  throw new DeliveryError({
    class: 'misconfigured',
    detail: 'The HubSpot token is empty or holds characters that no token has.',
  });
}
