import { DeliveryError } from '../failure.ts';
import { isTokenRefusal } from './answers.ts';
import type { AccessToken } from './token.ts';
import { type Answer, type Call, type Caller, callName, type Send, type SendAs } from './transport.ts';

/** Once HubSpot has refused the token as it stands, it is asked again so often. */
const ASK_AGAIN_MS = 60_000;

/**
 * Gives every call the token. When HubSpot refuses it, it is read anew and the call repeated: once, and by one call,
 * while the others wait for what comes of it. If it is refused again, no call is made for a minute; then one tries.
 *
 * @param now milliseconds by a clock that cannot step
 * @returns a function that throws a DeliveryError of class `misconfigured` instead of asking HubSpot in vain
 */
export function authorized(sendAs: SendAs, token: AccessToken, now = () => performance.now()): Send {
  let latest: string | undefined;
  let refused: { status: number; at: number } | undefined;
  let trial: Promise<Answer> | undefined;

  async function tryAnew(call: Call, caller: Caller): Promise<Answer> {
    latest = await token.reread();
    const answer = await sendAs(call, latest, caller);
    refused = isTokenRefusal(answer) ? { status: answer.status, at: now() } : undefined;
    return answer;
  }

  function startTrial(call: Call, caller: Caller): Promise<Answer> {
    trial = tryAnew(call, caller).finally(() => {
      trial = undefined;
    });
    return trial;
  }

  function stopWhileRefused(call: Call): void {
    if (refused === undefined || now() - refused.at >= ASK_AGAIN_MS) return;
    const detail = `${callName(call)} was held back: HubSpot refuses the token (${refused.status}).`;
    throw new DeliveryError({ class: 'misconfigured', what: 'token', detail });
  }

  return async (call, caller) => {
    // Whoever waits for a trial fails as it does.
    while (trial !== undefined) await trial;
    stopWhileRefused(call);
    if (refused !== undefined) return startTrial(call, caller);

    const bearer = await token.current();
    latest = bearer;
    const answer = await sendAs(call, bearer, caller);
    if (!isTokenRefusal(answer)) return answer;

    while (trial !== undefined) await trial;
    stopWhileRefused(call);
    return latest === bearer ? startTrial(call, caller) : sendAs(call, latest, caller);
  };
}
