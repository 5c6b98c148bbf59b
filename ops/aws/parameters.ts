import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Parameters } from '../../lib/parameters.ts';
import { OperatorError } from '../exit.ts';

/** A name of AWS's for an error: nothing else of it is shown. */
const nameOf = (error: unknown): string =>
  error instanceof Error && /^\w{1,64}$/.test(error.name) ? error.name : 'unknown error';

/** SSM did not hand the parameters out. */
export class ParametersNotRead extends OperatorError {
  /** AWS's error code. */
  readonly code: string;

  constructor(code: string) {
    super(
      `The HubSpot token cannot be read from SSM (${code}): these credentials need ssm:GetParameters on its parameter. Or set HUBSPOT_ACCESS_TOKEN.`,
    );
    this.code = code;
  }
}

/**
 * SecureStrings of SSM, those that exist.
 *
 * @throws ParametersNotRead
 */
export async function readParameters(
  names: readonly string[],
  region: string | undefined,
): Promise<Parameters> {
  const ssm = new SSMClient({ maxAttempts: 3, ...(region !== undefined && { region }) });
  try {
    const { Parameters: found = [] } = await ssm.send(
      new GetParametersCommand({ Names: [...names], WithDecryption: true }),
    );
    return new Map(
      found.flatMap(({ Name, Value }) =>
        Name === undefined || Value === undefined ? [] : [[Name, Value] as const],
      ),
    );
  } catch (error) {
    throw new ParametersNotRead(nameOf(error));
  } finally {
    ssm.destroy();
  }
}
