import { DeliveryError } from '../failure.ts';
import type { ParameterStore } from '../parameters.ts';

/** The access token of a Service Key or a private app. It leaves this module only for the Authorization header. */
export interface AccessToken {
  current(): Promise<string>;
  /** As it stands now, read anew. */
  reread(): Promise<string>;
}

/** @throws DeliveryError when the token is none. */
export function fixedToken(stored: string): AccessToken {
  const token = usable(stored);
  return { current: async () => token, reread: async () => token };
}

/** The token in a parameter of SSM. Both calls throw a DeliveryError when it cannot be had. */
export function parameterToken(name: string, store: ParameterStore): AccessToken {
  const reread = async () => usable((await store.reread()).get(name));
  return {
    async current() {
      const values = await store.current();
      try {
        return usable(values.get(name));
      } catch {
        // An operator who mends it should not have to wait for it to grow old.
        return await reread();
      }
    },
    reread,
  };
}

/** Secrets are often stored with a line end; a header must not carry one. */
function usable(stored: string | undefined): string {
  const token = stored?.trim().match(/^[\x21-\x7e]+$/)?.[0];
  if (token !== undefined) return token;
  const detail =
    stored === undefined
      ? 'The HubSpot token could not be read from SSM (ParameterNotFound).'
      : 'The HubSpot token is empty or holds characters that no token has.';
  throw new DeliveryError({ class: 'misconfigured', what: 'token', reason: 'TokenMissing', detail });
}
