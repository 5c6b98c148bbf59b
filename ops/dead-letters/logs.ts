import { type LogLines, queryLogs } from '../aws/insights.ts';
import { localLog } from '../aws/local-log.ts';
import { readLogLine } from '../aws/log-line.ts';
import type { Stage } from '../aws/stage.ts';
import type { Letter } from './letter.ts';

const AROUND_MS = 3_600_000;
const LINES_MAX = 100;

/** The ID that the message had on the queue: the function makes a letter's deduplication ID of it (lib/queue/dead-letter.ts). */
export const messageIdOf = ({ deduplicationId }: Pick<Letter, 'deduplicationId'>): string | undefined =>
  /^dead-letter-([\w-]{1,100})$/.exec(deduplicationId ?? '')?.[1];

/** The lines of an invocation, as CloudWatch Logs Insights has them, or `npm run dev`. */
async function ofInvocation(
  requestId: string,
  { stage, region, aroundMs }: { stage: Stage; region: string; aroundMs: number },
): Promise<LogLines> {
  if (stage.local !== undefined) {
    const log = await localLog(stage.local);
    if (log.state === 'skipped') return log;
    const isOfIt = (line: string) => readLogLine(line)?.function_request_id === requestId;
    return { state: 'read', lines: log.lines.filter(isOfIt) };
  }
  const logGroupName = stage.logGroups.syncContact;
  if (logGroupName === undefined)
    return { state: 'skipped', reason: 'only a deployed stage, given with --stage, has a log group' };
  return queryLogs(region, {
    logGroupName,
    fromMs: aroundMs - AROUND_MS,
    toMs: aroundMs + AROUND_MS,
    query: `filter function_request_id = "${requestId}" or @requestId = "${requestId}" | sort @timestamp asc | limit ${LINES_MAX}`,
  });
}

/** What the invocation that gave a letter up has logged, but for the lines about others of its batch. They name nobody. */
export async function linesOf(
  letter: Letter,
  { stage, region }: { stage: Stage; region: string },
): Promise<LogLines> {
  const { requestId, sentAtMs } = letter;
  if (requestId === undefined) return { state: 'skipped', reason: 'the letter has no RequestID' };
  if (!/^[\w-]{1,64}$/.test(requestId))
    return { state: 'skipped', reason: 'its RequestID is none of Lambda' };
  const found = await ofInvocation(requestId, { stage, region, aroundMs: sentAtMs });
  const messageId = messageIdOf(letter);
  if (found.state === 'skipped' || messageId === undefined) return found;
  const isOfAnother = (line: string) => (readLogLine(line)?.correlation_id ?? messageId) !== messageId;
  return { state: 'read', lines: found.lines.filter((line) => !isOfAnother(line)) };
}
