import type { Timeline } from '../time/timeline.ts';

/** What CloudWatch knows a metric by. Other dimensions, or fewer of them, are another metric. */
export interface MetricIdentity {
  namespace: string;
  name: string;
  dimensions: Readonly<Record<string, string>>;
}

/** What the values of a period are made into. */
export type Statistic = 'Average' | 'Maximum' | 'Minimum' | 'SampleCount' | 'Sum';

export interface Metric {
  /** At the timeline's now. @throws if CloudWatch would not take the value: NaN or infinite */
  record(value: number): void;
}

/** A metric as an alarm reads it. Minutes are counted since 1970. */
export interface WatchedMetric {
  /** The newest minute that holds data; -Infinity where there is none. */
  lastMinute(): number;
  /** Over the minutes from `from` up to `to`, `to` excluded; undefined where they hold no data. */
  statistic(statistic: Statistic, from: number, to: number): number | undefined;
}

/** CloudWatch's metrics, kept by the minute for as long as an alarm can need them. */
export interface Metrics {
  /** For what is recorded seldom: a handle from `metric` saves the search for it. */
  record(identity: MetricIdentity, value: number): void;
  /** A minute without a record has no data. The same identity gives the same metric. */
  metric(identity: MetricIdentity): Metric;
  /**
   * A metric whose silence stands for zero: CloudWatch has a zero for every minute of an active queue, and nothing here
   * has to record them. A queue that nobody has used for six hours has no data instead; for an alarm that treats missing
   * data as notBreaching, and rings above zero or more, this is the same. Make it before the alarms that watch it.
   */
  gauge(identity: MetricIdentity): Metric;
  /**
   * Keeps so many whole minutes of a metric, and tells of the first record of every minute.
   * What was dropped before does not come back.
   */
  watch(identity: MetricIdentity, minutes: number, onData: () => void): WatchedMetric;
}

export const MINUTE_MS = 60_000;

/** When the minute after this time begins. */
const nextMinute = (time: number): number => (Math.floor(time / MINUTE_MS) + 1) * MINUTE_MS;

interface Bucket {
  minute: number;
  sum: number;
  min: number;
  max: number;
  count: number;
}

const keyOf = ({ namespace, name, dimensions }: MetricIdentity): string =>
  JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);

function createMetric(timeline: Timeline) {
  // A ring: a minute takes the place of the one that is as many minutes older as the ring is long.
  let ring: (Bucket | undefined)[] = [undefined];
  let newest: Bucket | undefined;
  let silenceIsZero = false;
  const watchers: (() => void)[] = [];

  function open(minute: number): Bucket {
    newest = { minute, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, count: 0 };
    ring[minute % ring.length] = newest;
    for (const tell of watchers) tell();
    return newest;
  }

  const lastMinute = (): number => newest?.minute ?? Number.NEGATIVE_INFINITY;

  return {
    lastMinute,
    record(value: number): void {
      if (!Number.isFinite(value)) throw new RangeError(`CloudWatch takes no ${value}`);
      const minute = Math.floor(timeline.now() / MINUTE_MS);
      const bucket = newest?.minute === minute ? newest : open(minute);
      bucket.sum += value;
      bucket.count += 1;
      if (value < bucket.min) bucket.min = value;
      if (value > bucket.max) bucket.max = value;
    },
    takeSilenceForZero(): void {
      silenceIsZero = true;
    },
    watch(minutes: number, onData: () => void): void {
      watchers.push(onData);
      // One more than is asked for: the minute that has just begun.
      const size = minutes + 1;
      if (size <= ring.length) return;
      const larger = Array<Bucket | undefined>(size).fill(undefined);
      for (const bucket of ring) {
        if (bucket !== undefined && bucket.minute > lastMinute() - size)
          larger[bucket.minute % size] = bucket;
      }
      ring = larger;
    },
    statistic(statistic: Statistic, from: number, to: number): number | undefined {
      let sum = 0;
      let count = 0;
      let min = Number.POSITIVE_INFINITY;
      let max = Number.NEGATIVE_INFINITY;
      for (let minute = from; minute < to; minute += 1) {
        const bucket = ring[minute % ring.length];
        if (bucket?.minute === minute) {
          sum += bucket.sum;
          count += bucket.count;
          if (bucket.min < min) min = bucket.min;
          if (bucket.max > max) max = bucket.max;
        } else if (silenceIsZero) {
          count += 1;
          if (min > 0) min = 0;
          if (max < 0) max = 0;
        }
      }
      if (count === 0) return undefined;
      switch (statistic) {
        case 'Average':
          return sum / count;
        case 'Maximum':
          return max;
        case 'Minimum':
          return min;
        case 'SampleCount':
          return count;
        case 'Sum':
          return sum;
      }
    },
  };
}

export function createMetrics(timeline: Timeline): Metrics {
  const metrics = new Map<string, ReturnType<typeof createMetric>>();

  function find(identity: MetricIdentity): ReturnType<typeof createMetric> {
    const key = keyOf(identity);
    const found = metrics.get(key) ?? createMetric(timeline);
    metrics.set(key, found);
    return found;
  }

  return {
    record: (identity, value) => find(identity).record(value),
    metric: find,
    gauge(identity) {
      const metric = find(identity);
      metric.takeSilenceForZero();
      return metric;
    },
    watch(identity, minutes, onData) {
      const metric = find(identity);
      metric.watch(minutes, onData);
      return metric;
    },
  };
}

/** What looks at a gauge once a minute, while there is something to look at. */
export interface Sampler {
  /** The next minute's beginning is looked at, and every one after it while there is something to tell. */
  wake(): void;
}

/**
 * Calls `sample` at the beginning of every minute, from the one after `wake` until `sample` returns false: then there is
 * nothing worth telling, and it sleeps until the next `wake`. CloudWatch has zeros for these minutes too. Record into a
 * `gauge`, for which silence stands for zero, and an alarm sees no difference.
 */
export function sampleEveryMinute(timeline: Timeline, sample: () => boolean): Sampler {
  let awake = false;

  function wake(): void {
    if (awake) return;
    awake = true;
    timeline.at(nextMinute(timeline.now()), () => {
      awake = false;
      if (sample()) wake();
    });
  }

  return { wake };
}
