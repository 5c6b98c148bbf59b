import { setTimeout } from 'node:timers/promises';
import type { AwsConfig } from './osls.ts';

/**
 * What the two functions are called with, so that one which does not even load rings its alarm before a person meets it.
 * A password reset is no sign-up, and there is nothing to do for no records: neither reaches the queue or HubSpot.
 */
export const CALLS = {
  publishVerification: { triggerSource: 'PostConfirmation_ConfirmForgotPassword' },
  syncContact: { Records: [] },
} as const;

interface Calling {
  /** The functions' names in AWS. */
  names: Record<keyof typeof CALLS, string>;
  config: AwsConfig;
  /** Ends it. */
  signal: AbortSignal;
  /** Once for each thing that is wrong. */
  warn: (text: string) => void;
  everyMs?: number;
}

/** Calls both functions now and then, until it is told to end. What is wrong is said, and stops nothing. */
export async function callFunctions({
  names,
  config,
  signal,
  warn,
  everyMs = 30_000,
}: Calling): Promise<void> {
  const { LambdaClient, InvokeCommand } = await import('@aws-sdk/client-lambda');
  const lambda = new LambdaClient(config);
  const said = new Set<string>();
  const say = (text: string) => {
    if (!said.has(text)) warn(text);
    said.add(text);
  };
  const call = async (FunctionName: string, event: object) => {
    try {
      const { FunctionError } = await lambda.send(
        new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
        { abortSignal: signal },
      );
      if (FunctionError !== undefined)
        say(`${FunctionName} fails when it is called; its log says why. Its alarm takes the change back.`);
    } catch (error) {
      if (!signal.aborted)
        say(`${FunctionName} cannot be called: ${error instanceof Error ? error.name : 'unknown error'}.`);
    }
  };
  while (!signal.aborted) {
    await Promise.all([
      call(names.publishVerification, CALLS.publishVerification),
      call(names.syncContact, CALLS.syncContact),
    ]);
    // Rejects when it is told to end. No timer of ours keeps the command alive.
    await setTimeout(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
