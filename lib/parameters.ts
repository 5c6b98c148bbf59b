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

/** From SSM itself. */
const readParameters: ReadParameters = async (names) => {
  try {
    const { ssm, GetParametersCommand } = await loadSsm();
    const { Parameters: found = [] } = await ssm.send(
      new GetParametersCommand({ Names: [...names], WithDecryption: true }),
    );
    return new Map(
      found.flatMap(({ Name, Value }) =>
        Name === undefined || Value === undefined ? [] : [[Name, Value] as const],
      ),
    );
  } catch (error) {
    const name = error instanceof Error && /^\w{1,64}$/.test(error.name) ? error.name : 'unknown error';
    const detail = `The HubSpot token could not be read from SSM (${name}).`;
    // What only an operator can mend; anything else may mend itself.
    throw /^(AccessDenied|InvalidKeyId|Validation)/.test(name)
      ? new DeliveryError({ class: 'misconfigured', what: 'token', reason: 'TokenMissing', detail })
      : new DeliveryError({ class: 'transient', reason: 'SsmTrouble', detail });
  }
};

let loading: ReturnType<typeof createClient> | undefined;

const loadSsm = () => {
  loading ??= createClient();
  return loading;
};

/** Loaded only where there are parameters. Gives up in time for a delivery to be put back. */
async function createClient() {
  const { SSMClient, GetParametersCommand } = await import('@aws-sdk/client-ssm');
  const ssm = new SSMClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  });
  return { ssm, GetParametersCommand };
}
