import { type LogLines, queryLogs } from '../aws/insights.ts';

const AROUND_MS = 3_600_000;
const LINES_MAX = 100;

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
  return queryLogs(region, {
    logGroupName: logGroup,
    fromMs: aroundMs - AROUND_MS,
    toMs: aroundMs + AROUND_MS,
    query: `filter function_request_id = "${requestId}" or @requestId = "${requestId}" | sort @timestamp asc | limit ${LINES_MAX}`,
  });
}
