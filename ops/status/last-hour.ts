import { type Figure, figures } from '../aws/cloudwatch.ts';
import { readLogLine } from '../aws/log-line.ts';
import type { LastHour } from './reports.ts';

const HOUR_MS = 3_600_000;

const ERROR_CODES = ['InvalidMessage', 'HubSpotRejected', 'DeliveriesExhausted'];
const CLASSES = ['transient', 'throttled', 'misconfigured', 'not-started'];

/** To a tenth of a second. */
const seconds = (ms: number): number => Math.round(ms / 100) / 10;

/** What the metrics of a deployed stage count (docs/monitoring.md). */
export async function lastHourOfMetrics(stage: string, region: string, nowMs: number): Promise<LastHour> {
  const figure = (
    metric: string,
    more: Record<string, string> = {},
    service = 'sync-contact',
    statistic = 'Sum',
  ): Figure => ({
    namespace: `WmeHubSpotSync/${stage}`,
    metric,
    dimensions: { service, ...more },
    statistic,
  });
  const told = await figures(
    region,
    {
      created: figure('ContactCreated'),
      updated: figure('ContactUpdated'),
      notes: figure('NoteCreated'),
      superseded: figure('Superseded'),
      ...Object.fromEntries(
        CLASSES.map((name) => [`retried ${name}`, figure('DeliveryRetried', { class: name })]),
      ),
      ...Object.fromEntries(
        ERROR_CODES.map((code) => [`dead ${code}`, figure('DeadLetter', { ErrorCode: code })]),
      ),
      published: figure('VerificationPublished', {}, 'publish-verification'),
      notPublished: figure('PublishFailure', {}, 'publish-verification'),
      median: figure('VerificationToCard', {}, 'sync-contact', 'p50'),
    },
    { fromMs: nowMs - HOUR_MS, toMs: nowMs },
  );
  const of = (name: string) => Math.round(told.get(name) ?? 0);
  const all = (prefix: string) =>
    Math.round([...told].reduce((sum, [name, value]) => (name.startsWith(prefix) ? sum + value : sum), 0));
  const median = told.get('median');
  return {
    created: of('created'),
    updated: of('updated'),
    notes: of('notes'),
    superseded: of('superseded'),
    retried: all('retried '),
    deadLetters: all('dead '),
    published: of('published'),
    notPublished: of('notPublished'),
    medianSeconds: median === undefined ? null : seconds(median),
  };
}

function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  const before = sorted[Math.ceil(sorted.length / 2) - 1];
  return middle === undefined || before === undefined ? null : seconds((middle + before) / 2);
}

/** The same, counted in the lines that the functions have printed. */
export function lastHourOfLines(printed: readonly string[], nowMs: number): LastHour {
  const lines = printed
    .map(readLogLine)
    .filter((line) => line !== undefined)
    .filter(({ atMs }) => atMs > nowMs - HOUR_MS);
  const outcomes = (...wanted: string[]) =>
    lines.filter(({ outcome }) => outcome !== undefined && wanted.includes(outcome)).length;
  const saying = (wanted: string) => lines.filter(({ message }) => message === wanted).length;
  return {
    created: outcomes('created'),
    updated: outcomes('updated', 'username-only'),
    notes: outcomes('updated'),
    superseded: outcomes('superseded'),
    retried: outcomes('retry'),
    deadLetters: outcomes('dead-letter'),
    published: saying('A verified sign-up is on the queue'),
    notPublished: saying('A sign-up is not on the queue'),
    medianSeconds: medianOf(lines.flatMap(({ sinceVerifiedMs }) => sinceVerifiedMs ?? [])),
  };
}
