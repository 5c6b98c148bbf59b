import type { Check } from './check.ts';
import { concurrency, functions, mapping } from './functions.ts';
import { logKeyParameter, tokenParameter } from './parameters.ts';
import { deadLetters, encryption, queue, redrive } from './queues.ts';
import { alarms, subscribers } from './ringing.ts';
import { permission, trigger } from './user-pool.ts';

/** What has to be so in AWS, in the order in which a sign-up meets it. */
export const awsChecks: readonly Check[] = [
  trigger,
  permission,
  functions,
  queue,
  encryption,
  mapping,
  concurrency,
  redrive,
  deadLetters,
  tokenParameter,
  logKeyParameter,
  alarms,
  subscribers,
];
