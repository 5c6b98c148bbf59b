import { AwsFailure } from '../aws/aws-call.ts';
import { figures } from '../aws/cloudwatch.ts';
import { eventSourceMappings } from '../aws/lambda.ts';
import { localLog } from '../aws/local-log.ts';
import { checkQueueUrl } from '../aws/queue.ts';
import { whereIs } from '../aws/stage.ts';
import { boxCounts, type OpenBox } from '../dead-letters/box.ts';
import { groupsOf, type LetterGroup, lineOf } from '../dead-letters/groups.ts';
import { readLetters } from '../dead-letters/read.ts';
import { lastHourOfLines, lastHourOfMetrics } from './last-hour.ts';
import type { LastHour, StatusReport } from './reports.ts';

/** What is looked at, without what only the end of the command knows. */
export type Look = Pick<
  StatusReport,
  'where' | 'queue' | 'deadLetters' | 'reasons' | 'eventSource' | 'lastHour' | 'notTold'
>;

/** The letters as they were read last: they are read anew only when their number has changed. */
interface Letters {
  counted: string;
  groups: LetterGroup[];
  oldestMs: number | undefined;
}

const silent = { advance: () => undefined, say: () => undefined, stop: () => undefined };

/** So far back CloudWatch is asked for the newest value of a level. */
const LEVEL_MS = 600_000;

const queueName = (url: string): string => new URL(url).pathname.split('/').at(-1) ?? '';

/**
 * How a stage is, over and over: what is on its queues, why letters are dead, whether messages are handed out, and the last
 * hour.
 */
export function looker(box: OpenBox, stop: AbortSignal): () => Promise<Look> {
  const { stage, region, sqs } = box;
  const queueUrl = checkQueueUrl(stage.queueUrl);
  let letters: Letters | undefined;

  async function readAll(counts: Awaited<ReturnType<typeof boxCounts>>): Promise<Letters> {
    const counted = `${counts.visible} ${counts.inFlight}`;
    if (letters?.counted === counted) return letters;
    const { kept } =
      counts.visible === 0
        ? { kept: [] }
        : await readLetters(box, lineOf, { progress: silent, counts, stop });
    const oldestMs = kept.length === 0 ? undefined : Math.min(...kept.map(({ sentAtMs }) => sentAtMs));
    letters = { counted, groups: groupsOf(kept), oldestMs };
    return letters;
  }

  /** What takes rights of its own, or is not there: the rest is told all the same. */
  async function told<T>(what: string, right: string, ask: () => Promise<T>, notTold: string[]) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof AwsFailure)) throw error;
      const takes = error.kind === 'refused' ? `: it takes ${right}` : '';
      notTold.push(`${what} (${error.code}${takes})`);
      return undefined;
    }
  }

  async function oldestOnQueue(nowMs: number): Promise<number | null> {
    const ages = await figures(
      region,
      {
        oldest: {
          namespace: 'AWS/SQS',
          metric: 'ApproximateAgeOfOldestMessage',
          dimensions: { QueueName: queueName(queueUrl) },
          statistic: 'Maximum',
        },
      },
      { fromMs: nowMs - LEVEL_MS, toMs: nowMs },
    );
    return Math.round(ages.get('oldest') ?? 0);
  }

  async function stateOfMapping(): Promise<string> {
    const found = await eventSourceMappings(region, stage.functionNames.syncContact ?? '');
    const name = queueName(queueUrl);
    return found.find(({ EventSourceArn }) => EventSourceArn?.endsWith(`:${name}`))?.State ?? 'missing';
  }

  async function lastHour(nowMs: number, notTold: string[]): Promise<LastHour | null> {
    if (stage.local !== undefined) {
      const log = await localLog(stage.local);
      if (log.state === 'read') return lastHourOfLines(log.lines, nowMs);
      notTold.push(`the last hour (${log.reason})`);
      return null;
    }
    const name = stage.name;
    if (name === undefined) return null;
    const ask = () => lastHourOfMetrics(name, region, nowMs);
    return (await told('the last hour', 'cloudwatch:GetMetricData', ask, notTold)) ?? null;
  }

  return async () => {
    const nowMs = Date.now();
    const notTold: string[] = [];
    const [queue, dead] = [await boxCounts({ sqs, url: queueUrl }), await boxCounts(box)];
    const { groups, oldestMs } = await readAll(dead);
    const isDeployed = stage.name !== undefined && stage.local === undefined;
    if (stage.local !== undefined) {
      notTold.push(
        'the age of the oldest message and the event source (npm run dev has neither CloudWatch nor a mapping)',
      );
    } else if (!isDeployed) {
      notTold.push('the age of the oldest message, the event source and the last hour (only with --stage)');
    }
    const oldest =
      isDeployed && queue.visible + queue.inFlight > 0
        ? await told(
            'the age of the oldest message',
            'cloudwatch:GetMetricData',
            () => oldestOnQueue(nowMs),
            notTold,
          )
        : null;
    const eventSource = isDeployed
      ? await told('the event source', 'lambda:ListEventSourceMappings', stateOfMapping, notTold)
      : null;
    return {
      where: whereIs(queueUrl, stage, region),
      queue: { waiting: queue.visible, inFlight: queue.inFlight, oldestSeconds: oldest ?? null },
      deadLetters: {
        waiting: dead.visible,
        inFlight: dead.inFlight,
        oldestSeconds: oldestMs === undefined ? null : Math.max(Math.round((nowMs - oldestMs) / 1_000), 0),
      },
      reasons: groups.map(({ errorCode, reason, count }) => ({
        errorCode: errorCode ?? null,
        reason,
        count,
      })),
      eventSource: eventSource ?? null,
      lastHour: await lastHour(nowMs, notTold),
      notTold,
    };
  };
}
