import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { AwsFailure, sendRead } from './aws-call.ts';

/** Log lines, in their order, or why there are none to be had. */
export type LogLines = { state: 'read'; lines: string[] } | { state: 'skipped'; reason: string };

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

/** What CloudWatch Logs Insights is asked. Of log groups, one or several. */
export interface InsightsQuery {
  logGroupName?: string;
  logGroupNames?: readonly string[];
  fromMs: number;
  toMs: number;
  /** What follows `fields @timestamp, @message |`. */
  query: string;
}

/** Asks CloudWatch Logs Insights, and waits for its answer. */
export async function queryLogs(
  region: string,
  { fromMs, toMs, query, ...groups }: InsightsQuery,
): Promise<LogLines> {
  const body = {
    ...groups,
    startTime: Math.floor(fromMs / 1_000),
    endTime: Math.ceil(toMs / 1_000),
    queryString: `fields @timestamp, @message | ${query}`,
  };
  try {
    const { queryId } = started.parse(await sendRead(logsCall(region, 'StartQuery', body)));
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
