import type { Logger } from '@aws-lambda-powertools/logger';
import type { TokenLocation } from './environment.ts';
import { type AccessToken, fixedToken, parameterToken } from './hubspot/token.ts';
import { type ParameterStoreOptions, parameterStore } from './parameters.ts';
import { personTag, usableKey } from './person.ts';

export interface Secrets {
  token: AccessToken;
  /** What logs show of a person; undefined where there is no key for it, which is said once. */
  tagOf(email: string): string | undefined;
}

/** HubSpot's token, and beside it the key that makes people unknowable in logs: from SSM both come with one call. */
export function openSecrets(
  location: TokenLocation,
  logger: Pick<Logger, 'info' | 'warn'>,
  options: Pick<ParameterStoreOptions, 'now' | 'read'> = {},
): Secrets {
  let said = false;
  const without = (reason: string): undefined => {
    if (!said) logger.info('Log lines name nobody, not even by a hash', { reason });
    said = true;
  };

  if ('accessToken' in location) {
    return {
      token: fixedToken(location.accessToken),
      tagOf: () => without('LOG_KEY_PARAMETER is not set'),
    };
  }
  const { parameter, logKeyParameter } = location;
  const store = parameterStore({
    ...options,
    names: logKeyParameter === undefined ? [parameter] : [parameter, logKeyParameter],
    onStale: (reason) => logger.warn('The values in memory stay in use', { reason }),
  });
  return {
    token: parameterToken(parameter, store),
    tagOf(email) {
      if (logKeyParameter === undefined) return without('LOG_KEY_PARAMETER is not set');
      const values = store.known();
      // The token comes with the same call: without it, nothing else went well either.
      if (values === undefined) return undefined;
      const key = usableKey(values.get(logKeyParameter));
      if (key === undefined)
        return without('the parameter of LOG_KEY_PARAMETER holds no key of 32 characters or more');
      return personTag(email, key);
    },
  };
}
