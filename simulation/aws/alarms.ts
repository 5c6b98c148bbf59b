import type { Timeline } from '../time/timeline.ts';
import type { AlarmDefinition, Operator, Series } from './alarm-definitions.ts';
import { type Metrics, MINUTE_MS, type WatchedMetric } from './metrics.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface Alarms {
  /** @throws if there is no alarm of this name */
  state(alarmName: string): AlarmState;
}

export interface AlarmsOptions {
  timeline: Timeline;
  metrics: Metrics;
  definitions: readonly AlarmDefinition[];
  /**
   * CloudWatch retrieves more data points than an alarm's evaluation periods, and takes older real ones before it takes
   * one for missing. So it may evaluate the last ones again when a metric has stopped, and may even ring again ("How alarm
   * state is evaluated when data is missing"). How many it retrieves is not published: the guide's examples have 5 for 3
   * evaluation periods of 5 minutes. Two more is the default; DIFF needs one.
   */
  furtherDatapoints?: number;
  /** Called for every change of state, and only then. `at` is in milliseconds since 1970. */
  onChange(alarmName: string, from: AlarmState, to: AlarmState, at: number): void;
}

interface Alarm {
  name: string;
  state: AlarmState;
  everyMinutes: AlarmDefinition['everyMinutes'];
  /** It is evaluated at the end of this minute, or of this hour. */
  awake: boolean;
  /** What its state is to be. */
  evaluate(): AlarmState;
  /** In all that an evaluation looks at, and in the minute that has just begun: its first record has told already. */
  hasData(): boolean;
}

/** A series' data points: 0 is the newest, undefined a missing one. */
type Datapoints = (point: number) => number | undefined;

const COMPARE: Record<AlarmDefinition['comparison'], (value: number, threshold: number) => boolean> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

const APPLY: Record<Operator, (left: number, right: number) => number> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  '<': (left, right) => Number(left < right),
  '<=': (left, right) => Number(left <= right),
  '>': (left, right) => Number(left > right),
  '>=': (left, right) => Number(left >= right),
};

/**
 * CloudWatch's alarms over simulated metrics. Every alarm starts with INSUFFICIENT_DATA, and is evaluated at the end of
 * every minute, without the minute or more by which real metrics come late; one that looks at more than a day, at the end
 * of every hour.
 *
 * Windows slide: with a period of 5 minutes, the end of minute 6 looks at minutes 2 to 6 (CloudWatch user guide, Alarm
 * evaluation). An alarm that asks for clock windows (EvaluationWindow) is refused when it is read.
 *
 * Nothing is scheduled for an alarm without data: what it made of no data, it makes of no data a minute later. A record
 * wakes the alarms on its metric. At the start, only those wake that ring for missing data.
 */
export function createAlarms({
  timeline,
  metrics,
  definitions,
  furtherDatapoints = 2,
  onChange,
}: AlarmsOptions): Alarms {
  // The minute that has just ended is the one before.
  let minute = Math.floor(timeline.now() / MINUTE_MS);
  const scheduled = { 1: false, 60: false };

  const alarms = definitions.map((definition) => {
    const range = definition.evaluationPeriods + furtherDatapoints;
    const minutes = range * definition.periodMinutes;
    const watched: WatchedMetric[] = [];

    const datapoints = datapointsOf(definition.series, range, ({ metric, statistic }) => {
      const data = metrics.watch(metric, minutes, () => wake(alarm));
      watched.push(data);
      return (point) => {
        const to = minute - point * definition.periodMinutes;
        return data.statistic(statistic, to - definition.periodMinutes, to);
      };
    });

    const alarm: Alarm = {
      name: definition.name,
      state: 'INSUFFICIENT_DATA',
      everyMinutes: definition.everyMinutes,
      awake: false,
      evaluate: () => evaluate(definition, range, datapoints, alarm.state),
      hasData: () => watched.some((data) => data.lastMinute() >= minute - minutes),
    };
    return alarm;
  });

  function wake(alarm: Alarm): void {
    alarm.awake = true;
    const { everyMinutes } = alarm;
    if (scheduled[everyMinutes]) return;
    scheduled[everyMinutes] = true;
    const everyMs = everyMinutes * MINUTE_MS;
    timeline.at((Math.floor(timeline.now() / everyMs) + 1) * everyMs, () => evaluateAll(everyMinutes));
  }

  function evaluateAll(everyMinutes: AlarmDefinition['everyMinutes']): void {
    scheduled[everyMinutes] = false;
    minute = timeline.now() / MINUTE_MS;
    for (const alarm of alarms) {
      if (!alarm.awake || alarm.everyMinutes !== everyMinutes) continue;
      alarm.awake = false;
      const from = alarm.state;
      alarm.state = alarm.evaluate();
      if (alarm.state !== from) onChange(alarm.name, from, alarm.state, timeline.now());
      if (alarm.hasData()) wake(alarm);
    }
  }

  for (const alarm of alarms) {
    if (alarm.hasData() || alarm.evaluate() === 'ALARM') wake(alarm);
  }

  const byName = new Map(alarms.map((alarm) => [alarm.name, alarm]));
  return {
    state(alarmName) {
      const alarm = byName.get(alarmName);
      if (alarm === undefined) throw new Error(`There is no alarm ${alarmName}`);
      return alarm.state;
    },
  };
}

/** The steps and tables of the CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data". */
function evaluate(
  { evaluationPeriods, datapointsToAlarm, comparison, threshold, missingData }: AlarmDefinition,
  range: number,
  datapoints: Datapoints,
  state: AlarmState,
): AlarmState {
  const breaches = COMPARE[comparison];
  let real = 0;
  let breaching = 0;
  let oldest = 0;
  for (let point = 0; point < range && real < evaluationPeriods; point += 1) {
    const value = datapoints(point);
    if (value === undefined) continue;
    real += 1;
    oldest = point + 1;
    if (breaches(value, threshold)) breaching += 1;
  }
  // Missing ones are used as few times as possible.
  const missing = evaluationPeriods - real;
  if (breaching >= datapointsToAlarm) return 'ALARM';
  if (missing === 0 || missingData === 'notBreaching') return 'OK';
  if (missingData === 'breaching') return breaching + missing >= datapointsToAlarm ? 'ALARM' : 'OK';
  if (breaching < real) return 'OK';
  if (missingData === 'ignore') return state;
  // Too few, and all of them breach: the alarm rings once the oldest has had time for company, and not before, since the
  // next one may be within the threshold ("Avoiding premature transitions to alarm state").
  return real > 0 && oldest >= datapointsToAlarm ? 'ALARM' : 'INSUFFICIENT_DATA';
}

type MetricSeries = Extract<Series, { kind: 'metric' }>;

/** Metric math: what is missing in one operand of two counts as 0, and a division by zero drops the data point. */
function datapointsOf(
  series: Series,
  range: number,
  watch: (metric: MetricSeries) => Datapoints,
): Datapoints {
  switch (series.kind) {
    case 'metric':
      return watch(series);
    case 'number':
      return () => series.value;
    case 'binary': {
      const left = datapointsOf(series.left, range, watch);
      const right = datapointsOf(series.right, range, watch);
      const apply = APPLY[series.operator];
      // A plain number is there always, and makes no data point of itself.
      const leftCounts = series.left.kind !== 'number';
      const rightCounts = series.right.kind !== 'number';
      return (point) => {
        const a = left(point);
        const b = right(point);
        if (!(leftCounts && a !== undefined) && !(rightCounts && b !== undefined)) return undefined;
        const value = apply(a ?? 0, b ?? 0);
        return Number.isFinite(value) ? value : undefined;
      };
    }
    case 'difference': {
      // The preceding value is the last real one that was retrieved: the guide does not say what a gap does.
      const of = datapointsOf(series.of, range, watch);
      return (point) => {
        const value = of(point);
        if (value === undefined) return undefined;
        for (let earlier = point + 1; earlier < range; earlier += 1) {
          const before = of(earlier);
          if (before !== undefined) return value - before;
        }
        return undefined;
      };
    }
    case 'filled': {
      const of = datapointsOf(series.of, range, watch);
      return (point) => of(point) ?? series.filler;
    }
    case 'choice': {
      const condition = datapointsOf(series.condition, range, watch);
      const then = datapointsOf(series.then, range, watch);
      const otherwise = series.otherwise && datapointsOf(series.otherwise, range, watch);
      return (point) => {
        const met = condition(point);
        if (met === undefined) return undefined;
        return met === 0 ? otherwise?.(point) : (then(point) ?? 0);
      };
    }
  }
}
