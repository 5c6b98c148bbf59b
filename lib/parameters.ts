import * as z from 'zod/mini';
import { firstAttempt } from './aws/first-attempt.ts';
import { DeliveryError } from './failure.ts';

/** How long a value is used before it is read again. */
const MAX_AGE_MS = 300_000;
/** While SSM is away, it is not asked for each message anew. */
const PATIENCE_MS = 60_000;

/** Parameter values by name. One that does not exist is not in it. */
export type Parameters = ReadonlyMap<string, string>;

/** SecureStrings of AWS Systems Manager (SSM), all read in one call. */
export interface ParameterStore {
  /** As last read, at most five minutes ago, or longer while SSM is away. @throws DeliveryError when nothing has been read */
  current(): Promise<Parameters>;
  /** Read anew, once for all who ask at the same time. @throws DeliveryError */
  reread(): Promise<Parameters>;
  /** As last read, however long ago; nothing is read for it. */
  known(): Parameters | undefined;
}

export interface ParameterStoreOptions {
  names: readonly string[];
  /** Told, in words without values, when SSM is away and the values in memory stay in use. */
  onStale?: (reason: string) => void;
  /** Milliseconds by a clock that cannot step. */
  now?: (() => number) | undefined;
  read?: ReadParameters | undefined;
}

/** Those that exist, decrypted. @throws DeliveryError when they cannot be had */
export type ReadParameters = (names: readonly string[]) => Promise<Parameters>;

/** Nothing is read before the first call. */
export function parameterStore({
  names,
  onStale = () => {},
  now = () => performance.now(),
  read = readParameters,
}: ParameterStoreOptions): ParameterStore {
  let kept: Parameters | undefined;
  let freshUntil = Number.NEGATIVE_INFINITY;
  let reading: Promise<Parameters> | undefined;

  const reread = (): Promise<Parameters> => {
    reading ??= read(names)
      .then((values) => {
        kept = values;
        freshUntil = now() + MAX_AGE_MS;
        return values;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };

  return {
    async current() {
      if (kept !== undefined && now() < freshUntil) return kept;
      try {
        return await reread();
      } catch (error) {
        if (kept === undefined) throw error;
        freshUntil = now() + PATIENCE_MS;
        if (error instanceof DeliveryError) onStale(error.message);
        return kept;
      }
    },
    reread,
    known: () => kept,
  };
}

/** SSM's codes for what only an operator can mend. Anything else may mend itself. */
const FOR_THE_OPERATOR = /^(AccessDenied|InvalidKeyId|Validation)/;

const ATTEMPT_MS = 2_000;

const answerSchema = z.object({
  Parameters: z.optional(z.array(z.object({ Name: z.optional(z.string()), Value: z.optional(z.string()) }))),
});

/** From SSM itself: two attempts, that end in time for a delivery to be put back. */
const readParameters: ReadParameters = async (names) => {
  const input = { Names: [...names], WithDecryption: true };
  const first = await firstAttempt({
    service: 'ssm',
    action: 'GetParameters',
    input,
    timeoutMs: ATTEMPT_MS,
  });
  if ('answer' in first) {
    const { data } = answerSchema.safeParse(first.answer);
    if (data !== undefined) return valuesOf(data.Parameters);
  } else if (first.code !== undefined && FOR_THE_OPERATOR.test(first.code)) {
    throw notRead(first.code);
  }
  try {
    const { SSMClient, GetParametersCommand } = await import('@aws-sdk/client-ssm');
    const ssm = new SSMClient({
      maxAttempts: 1,
      systemClockOffset: 'clockOffsetMs' in first ? first.clockOffsetMs : 0,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: ATTEMPT_MS, throwOnRequestTimeout: true },
    });
    const asking = ssm.send(new GetParametersCommand(input));
    // Else every call in vain would leave a connection behind.
    const { Parameters: found } = await asking.finally(() => ssm.destroy());
    return valuesOf(found);
  } catch (error) {
    throw notRead(error instanceof Error && /^\w{1,64}$/.test(error.name) ? error.name : 'unknown error');
  }
};

function notRead(code: string): DeliveryError {
  const detail = `The HubSpot token could not be read from SSM (${code}).`;
  return FOR_THE_OPERATOR.test(code)
    ? new DeliveryError({ class: 'misconfigured', what: 'token', reason: 'TokenMissing', detail })
    : new DeliveryError({ class: 'transient', reason: 'SsmTrouble', detail });
}

const valuesOf = (found: z.infer<typeof answerSchema>['Parameters'] = []): Parameters =>
  new Map(
    found.flatMap(({ Name, Value }) =>
      Name === undefined || Value === undefined ? [] : [[Name, Value] as const],
    ),
  );
