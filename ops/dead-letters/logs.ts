import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { AwsFailure, sendRead } from '../aws/aws-call.ts';

/** The log lines of an invocation, or why there are none to be had. */
export type LogLines = { state: 'read'; lines: string[] } | { state: 'skipped'; reason: string };

const AROUND_MS = 3_600_000;
const LINES_MAX = 100;
const PAUSE_MS = 500;
const ASKED_MAX = 40;

const started = z.object({ queryId: z.string() });
const results = z.object({
  status: z.string(),
  results: z.optional(z.array(z.array(z.object({ field: z.string(), value: z.string() })))),
});

const logsCall = (region: string, operation: string, body: object) =>
  ({
    service: 'logs',
    region,
    method: 'POST',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Logs_20140328.${operation}`,
    },
    body: JSON.stringify(body),
  }) as const;

/**
 * Asks CloudWatch Logs Insights for the lines of an invocation. They name nobody.
 *
 * @param aroundMs when it was, since 1970
 */
export async function linesOf(
  requestId: string,
  { region, logGroup, aroundMs }: { region: string; logGroup: string; aroundMs: number },
): Promise<LogLines> {
  if (!/^[\w-]{1,64}$/.test(requestId))
    return { state: 'skipped', reason: 'its RequestID is none of Lambda' };
  const query = {
    logGroupName: logGroup,
    startTime: Math.floor((aroundMs - AROUND_MS) / 1_000),
    endTime: Math.ceil((aroundMs + AROUND_MS) / 1_000),
    queryString: `fields @timestamp, @message | filter function_request_id = "${requestId}" or @requestId = "${requestId}" | sort @timestamp asc | limit ${LINES_MAX}`,
  };
  try {
    const { queryId } = started.parse(await sendRead(logsCall(region, 'StartQuery', query)));
    for (let asked = 0; asked < ASKED_MAX; asked += 1) {
      const answer = results.parse(await sendRead(logsCall(region, 'GetQueryResults', { queryId })));
      if (/^(Complete|Failed|Cancelled|Timeout)$/.test(answer.status)) {
        const rows = answer.results ?? [];
        const lines = rows.flatMap(
          (row) => row.find(({ field }) => field === '@message')?.value.trim() ?? [],
        );
        return { state: 'read', lines };
      }
      await sleep(PAUSE_MS);
    }
    return { state: 'skipped', reason: 'CloudWatch Logs Insights takes too long' };
  } catch (error) {
    if (!(error instanceof AwsFailure)) throw error;
    return {
      state: 'skipped',
      reason: `the logs cannot be read (${error.code}): it takes logs:StartQuery and logs:GetQueryResults`,
    };
  }
}
