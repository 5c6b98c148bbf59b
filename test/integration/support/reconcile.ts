import { type Lambda, startLambda } from '../../../sandbox/lambda.ts';
import { POOL_ID, PUBLISHER } from './cognito.ts';
import { archiveLine } from './log-archive.ts';

/**
 * The built reconcile, with what it shares with sync-contact.
 *
 * @param syncEnvironment sync-contact's
 * @param environment of its own, and of the user pool
 */
export function startReconcile(
  syncEnvironment: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
  lines: string[],
): Lambda {
  const { DLQ_URL, MAX_RECEIVE_COUNT, MAX_CONCURRENCY, ...shared } = syncEnvironment;
  return startLambda({
    functionName: 'reconcile',
    bundle: new URL('../../../dist/reconcile/index.mjs', import.meta.url).pathname,
    environment: { ...shared, USER_POOL_ID: POOL_ID, TRIGGER_FUNCTION_ARN: PUBLISHER, ...environment },
    timeoutMs: 900_000,
    onLog(line) {
      lines.push(line);
      archiveLine(line);
    },
  });
}

/** As EventBridge's schedule calls it. */
export const SCHEDULED = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };
