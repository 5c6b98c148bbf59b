import type { SQSEvent } from 'aws-lambda';
import type { Lambda } from '../sandbox/lambda.ts';

/**
 * What happens in the course of a drain: nothing, one fresh instance in the place of another, another program that uses
 * the same limit, fresh instances again and again, or clocks that are set.
 */
export const DISTURBANCES = ['none', 'replaced once', 'shared', 'replaced', 'clock'] as const;
export type Disturbance = (typeof DISTURBANCES)[number];

/** Shorter than HubSpot's window, and no part of it: replacements fall on every moment of a window. */
const REPLACED_EVERY_MS = 7_000;
/** In the middle of the second window. */
const REPLACED_ONCE_AFTER_MS = 15_000;
const CLOCK_SET_EVERY_MS = 3_000;
const HOUR_MS = 3_600_000;
const CLOCK_STEPS_MS = [20_000, -20_000, 120_000, -120_000, 3 * HOUR_MS, -3 * HOUR_MS];

/** Disturbs the instances, one after the other, from the first invocation on until `stop`. */
export function disturbed(disturbance: Disturbance, lambdas: readonly Lambda[]) {
  const toReplace = new Set<Lambda>();
  const acts = disturbance !== 'none' && disturbance !== 'shared';
  let times = 0;
  let timer: NodeJS.Timeout | undefined;

  function start(): void {
    let next = 0;
    const disturb = () => {
      const lambda = lambdas[next % lambdas.length];
      // Each instance has its clock put forward and back.
      const step = CLOCK_STEPS_MS[Math.floor(next / lambdas.length) % CLOCK_STEPS_MS.length];
      next += 1;
      if (lambda === undefined || step === undefined) return;
      if (disturbance !== 'clock') {
        toReplace.add(lambda);
      } else {
        lambda.stepClock(step);
        times += 1;
      }
    };
    if (disturbance === 'replaced once') timer = setTimeout(disturb, REPLACED_ONCE_AFTER_MS);
    else timer = setInterval(disturb, disturbance === 'replaced' ? REPLACED_EVERY_MS : CLOCK_SET_EVERY_MS);
  }

  return {
    /** For the event source mapping. An instance is replaced between two invocations, as Lambda does it. */
    invocations: lambdas.map((lambda) => async (event: SQSEvent) => {
      if (timer === undefined && acts) start();
      if (toReplace.delete(lambda)) {
        await lambda.stop();
        times += 1;
      }
      return await lambda.invoke(event);
    }),
    /** How often an instance was disturbed. */
    times: () => times,
    stop: () => clearInterval(timer),
  };
}
