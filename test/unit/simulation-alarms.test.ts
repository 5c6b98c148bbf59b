import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readAlarmDefinitions } from '../../simulation/aws/alarm-definitions.ts';
import { createAlarms } from '../../simulation/aws/alarms.ts';
import { createMetrics, MINUTE_MS, sampleEveryMinute } from '../../simulation/aws/metrics.ts';
import { createTimeline } from '../../simulation/time/timeline.ts';

const START = Date.UTC(2026, 0, 1);
const HOUR = 60;
const DAY = 24 * HOUR;

const alarmsYml = await readFile('infrastructure/alarms.yml', 'utf8');
const reconcileYml = await readFile('infrastructure/reconcile.yml', 'utf8');

const REFERENCES = {
  'VerifiedUsersQueue.QueueName': 'verified-users.fifo',
  'DeadLetterQueue.QueueName': 'verified-users-dlq.fifo',
  SyncContactLambdaFunction: 'sync-contact',
  PublishVerificationLambdaFunction: 'publish-verification',
  ReconcileLambdaFunction: 'reconcile',
  'self:provider.environment.POWERTOOLS_METRICS_NAMESPACE': 'WmeHubSpotSync/prod',
};

const METRIC = { namespace: 'Test', name: 'M', dimensions: {} };
const other = (name: string) => ({ ...METRIC, name });

/** A template with one alarm, on metric M unless it says otherwise; JSON is YAML. */
const template = (properties: Record<string, unknown>, rest: Record<string, unknown> = {}) =>
  JSON.stringify({
    Resources: { TestAlarm: { Type: 'AWS::CloudWatch::Alarm', ...rest, Properties: properties } },
  });

const RULE = { EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanThreshold', Threshold: 0 };
const SIMPLE = {
  ...RULE,
  Namespace: 'Test',
  MetricName: 'M',
  Statistic: 'Sum',
  Period: 60,
  TreatMissingData: 'notBreaching',
};

const read = (properties: Record<string, unknown>) =>
  readAlarmDefinitions(template({ ...SIMPLE, ...properties }), {});

/** An alarm on an expression of the metrics m1, which is M, and m2, which is N. */
const readMath = (expression: string, properties: Record<string, unknown> = {}) =>
  readAlarmDefinitions(
    template({
      ...RULE,
      TreatMissingData: 'notBreaching',
      Metrics: [
        { Id: 'result', Expression: expression },
        ...['M', 'N'].map((MetricName, index) => ({
          Id: `m${index + 1}`,
          ReturnData: false,
          MetricStat: { Metric: { Namespace: 'Test', MetricName }, Period: 60, Stat: 'Sum' },
        })),
      ],
      ...properties,
    }),
    {},
  );

/** Virtual time from `START`, in minutes, and what the alarms say in it. */
function world(definitions: ReturnType<typeof readAlarmDefinitions>, furtherDatapoints = 2) {
  const timeline = createTimeline(START);
  const metrics = createMetrics(timeline);
  const metric = metrics.metric(METRIC);
  const changes: string[] = [];
  const alarms = createAlarms({
    timeline,
    metrics,
    definitions,
    furtherDatapoints,
    onChange: (name, from, to, at) => changes.push(`${name} ${from} ${to} ${(at - START) / MINUTE_MS}`),
  });
  const until = (minutes: number) => timeline.runUntil(START + minutes * MINUTE_MS);
  return {
    timeline,
    metrics,
    metric,
    changes,
    state: () => alarms.state('TestAlarm'),
    stateOf: alarms.state,
    until,
    isSilent: () => timeline.nextAt() === Number.POSITIVE_INFINITY,
    /** Records in the middle of a minute. */
    record(minute: number, ...values: number[]) {
      timeline.at(START + (minute + 0.5) * MINUTE_MS, () => {
        for (const value of values) metric.record(value);
      });
    },
    recordOther(minute: number, name: string, value: number) {
      timeline.at(START + (minute + 0.5) * MINUTE_MS, () => metrics.record(other(name), value));
    },
  };
}

/** What the alarm does when these data points of a minute each have come in. */
async function outcome(definitions: ReturnType<typeof readAlarmDefinitions>, values: (number | undefined)[]) {
  const { record, until, state } = world(definitions);
  for (const [minute, value] of values.entries()) if (value !== undefined) record(minute, value);
  await until(values.length);
  return state();
}

describe('reading alarms', () => {
  it.each([alarmsYml, reconcileYml])('reads every alarm of the project (%#)', (yaml) => {
    const resources = yaml.match(/^ +Type: AWS::CloudWatch::Alarm$/gm) ?? [];
    expect(resources.length).toBeGreaterThan(0);
    expect(readAlarmDefinitions(yaml, REFERENCES, ['HasUserPool'])).toHaveLength(resources.length);
  });

  it('rings for a comparison that is missed, within the hour after what CloudWatch looks at, and is silent after the next', async () => {
    const [missed, ...others] = readAlarmDefinitions(reconcileYml, REFERENCES, ['HasUserPool']).filter(
      ({ name }) => name === 'ReconcileMissedAlarm',
    );
    expect(others).toEqual([]);
    const { timeline, metrics, until, changes } = world(missed === undefined ? [] : [missed]);
    const run = {
      namespace: 'WmeHubSpotSync/prod',
      name: 'ReconcileRun',
      dimensions: { service: 'reconcile' },
    };
    for (const hour of [5, 29, 5 + 72]) {
      timeline.at(START + (hour * HOUR + 3) * MINUTE_MS, () => metrics.record(run, 1));
    }
    await until(80 * HOUR);
    expect(changes).toEqual([
      `ReconcileMissedAlarm INSUFFICIENT_DATA ALARM ${HOUR}`,
      `ReconcileMissedAlarm ALARM OK ${6 * HOUR}`,
      // 26 hours, and the two data points more that CloudWatch may look back for.
      `ReconcileMissedAlarm OK ALARM ${(30 + 28) * HOUR}`,
      `ReconcileMissedAlarm ALARM OK ${78 * HOUR}`,
    ]);
  });

  it('resolves what a dimension and a namespace refer to', () => {
    const definitions = readAlarmDefinitions(alarmsYml, REFERENCES);
    const seriesOf = (name: string) => definitions.find((definition) => definition.name === name)?.series;
    expect(seriesOf('DeadLetterAlarm')).toEqual({
      kind: 'metric',
      metric: {
        namespace: 'AWS/SQS',
        name: 'ApproximateNumberOfMessagesVisible',
        dimensions: { QueueName: 'verified-users-dlq.fifo' },
      },
      statistic: 'Maximum',
    });
    expect(seriesOf('SyncContactErrorsAlarm')).toMatchObject({
      metric: { dimensions: { FunctionName: 'sync-contact' } },
    });
    expect(seriesOf('HubSpotRefusalAlarm')).toMatchObject({ metric: { namespace: 'WmeHubSpotSync/prod' } });
  });

  it.each([
    ['QueueName: !GetAtt Queue.QueueName', 'Queue.QueueName'],
    ['QueueName: !GetAtt [Queue, QueueName]', 'Queue.QueueName'],
    ['QueueName: { Fn::GetAtt: [Queue, QueueName] }', 'Queue.QueueName'],
    ['QueueName: !Ref Queue', 'Queue'],
    [`QueueName: '\${self:custom.queue}'`, 'self:custom.queue'],
  ])('reads %s, and names the reference where it is unknown', (dimension, name) => {
    const yaml = `
Conditions: { Never: !Not [!Equals [a, !If [Never, a, b]]] }
Resources:
  TestAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      { Namespace: Test, MetricName: M, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 0,
        ComparisonOperator: GreaterThanThreshold, Dimensions: [{ Name: ${dimension.replace(': ', ', Value: ')} }] }`;
    expect(readAlarmDefinitions(yaml, { [name]: 'found' })[0]?.series).toMatchObject({
      metric: { dimensions: { QueueName: 'found' } },
    });
    expect(() => readAlarmDefinitions(yaml, { toString: 'known' })).toThrow(
      `TestAlarm: unknown reference ${name}`,
    );
  });

  it.each([
    ['a percentile', { Statistic: undefined, ExtendedStatistic: 'p99' }],
    ['a unit', { Unit: 'Seconds' }],
    ['clock windows', { EvaluationWindow: { WallClockWindow: {} } }],
    ['a period of seconds', { Period: 10 }],
    ['a band', { ComparisonOperator: 'LessThanLowerOrGreaterThanUpperThreshold' }],
    ['a threshold that is no number', { Threshold: { Ref: 'Threshold' } }],
    ['more data points than periods', { DatapointsToAlarm: 2 }],
    ['more than a day in periods of minutes', { Period: 60, EvaluationPeriods: 1441 }],
    ['more than seven days', { Period: 3600, EvaluationPeriods: 169 }],
    ['a dimension that depends on a condition', { Dimensions: { 'Fn::If': ['A', [], []] } }],
    ['a treatment of its own', { TreatMissingData: 'zero' }],
  ])('refuses %s by the name of the alarm', (_what, properties) => {
    expect(() => read(properties)).toThrow(/^TestAlarm: /);
  });

  it('refuses an alarm that is made on a condition, a kind of alarm it does not know, and an unknown tag', () => {
    expect(() => readAlarmDefinitions(template(SIMPLE, { Condition: 'IsProd' }), {})).toThrow(
      /^TestAlarm: .*Condition/,
    );
    expect(() =>
      readAlarmDefinitions('Resources: { Both: { Type: AWS::CloudWatch::CompositeAlarm } }', {}),
    ).toThrow('Both: AWS::CloudWatch::CompositeAlarm is not simulated');
    expect(() => readAlarmDefinitions('Resources: { Q: { Type: !Any "AWS::SQS::Queue" } }', {})).toThrow(
      '!Any',
    );
  });

  it('leaves out what is no alarm', () => {
    expect(readAlarmDefinitions('Resources: { Q: { Type: AWS::SQS::Queue, Properties: {} } }', {})).toEqual(
      [],
    );
    expect(readAlarmDefinitions('Outputs: {}', {})).toEqual([]);
  });

  it.each([
    ['MAX(m1)', 'MAX is not simulated'],
    ['SUM(m1)', 'SUM of anything but a list'],
    ['SUM(METRICS())', 'SUM of anything but a list'],
    ['FILL(m1, REPEAT)', 'REPEAT is not simulated'],
    ['FILL(m1, m2)', 'FILL with anything but a number'],
    ['IF(1, m1, m2)', 'IF of a plain number'],
    ['m1 AND m2', 'AND'],
    ['m1 % 2', 'cannot read "% 2"'],
    ['5', 'an alarm of a plain number'],
    ['1 + 2 + m1', 'two plain numbers'],
    ['m1 +', 'ends too early'],
    ['(m1', ') is missing'],
    ['m3', 'no m3'],
    ['result + m1', 'result is made of itself'],
  ])('refuses the expression %s by the name of the alarm', (expression, reason) => {
    expect(() => readMath(expression)).toThrow(/^TestAlarm: /);
    expect(() => readMath(expression)).toThrow(reason);
  });

  it('refuses metric math of two results, of two periods, and of two metrics with the same name', () => {
    const stat = (Id: string, Period: number, ReturnData: boolean) => ({
      Id,
      ReturnData,
      MetricStat: { Metric: { Namespace: 'Test', MetricName: Id }, Period, Stat: 'Sum' },
    });
    const refusal = (...Metrics: unknown[]) => expect(() => readMath('', { Metrics }));
    refusal(stat('a', 60, true), stat('b', 60, true)).toThrow('not exactly one of its Metrics returns data');
    refusal(stat('a', 60, true), stat('b', 300, false)).toThrow('its metrics have not all one period');
    refusal(stat('a', 60, true), stat('a', 60, false)).toThrow('two of its Metrics have the same Id');
  });
});

describe('an alarm', () => {
  it.each([
    ['Sum', 9],
    ['Maximum', 5],
    ['Minimum', 1],
    ['Average', 3],
    ['SampleCount', 3],
  ])('makes the values of a period into their %s', async (Statistic, value) => {
    for (const [Threshold, state] of [
      [value, 'ALARM'],
      [value + 0.001, 'OK'],
    ]) {
      const { record, until, ...alarm } = world(
        read({ Statistic, Threshold, Period: 120, ComparisonOperator: 'GreaterThanOrEqualToThreshold' }),
      );
      record(0, 3, 5);
      record(1, 1);
      await until(2);
      expect(alarm.state()).toBe(state);
    }
  });

  it.each([
    ['GreaterThanThreshold', ['OK', 'OK', 'ALARM']],
    ['GreaterThanOrEqualToThreshold', ['OK', 'ALARM', 'ALARM']],
    ['LessThanThreshold', ['ALARM', 'OK', 'OK']],
    ['LessThanOrEqualToThreshold', ['ALARM', 'ALARM', 'OK']],
  ])('compares by %s', async (ComparisonOperator, states) => {
    const definitions = read({ ComparisonOperator, Threshold: 2 });
    expect(await Promise.all([1, 2, 3].map((value) => outcome(definitions, [value])))).toEqual(states);
  });

  // The tables of the CloudWatch user guide. Before them lie a data point that does not breach, and silence.
  const DATAPOINTS: Record<string, number | undefined> = { 0: 0, X: 1 };
  it.each([
    ['3 of 3', '0-X-X', 'OK', 'OK', 'OK', 'OK'],
    ['3 of 3', '0----', 'OK', 'OK', 'OK', 'OK'],
    ['3 of 3', '-----', 'INSUFFICIENT_DATA', 'retained', 'ALARM', 'OK'],
    ['3 of 3', '0XX-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['3 of 3', '----X', 'INSUFFICIENT_DATA', 'retained', 'ALARM', 'OK'],
    ['3 of 3', 'X----', 'ALARM', 'retained', 'ALARM', 'OK'],
    ['2 of 3', '0-X-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['2 of 3', '00X0X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['2 of 3', '0-X--', 'OK', 'OK', 'ALARM', 'OK'],
    ['2 of 3', '----0', 'OK', 'OK', 'ALARM', 'OK'],
    ['2 of 3', '----X', 'INSUFFICIENT_DATA', 'retained', 'ALARM', 'OK'],
  ])('that rings at %s sees %s as CloudWatch does', async (needed, points, ...expected) => {
    const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'];
    const before = [0, ...Array<undefined>(10).fill(undefined)];
    const values = [...points].map((point) => DATAPOINTS[point]);
    const states = treatments.map((TreatMissingData) =>
      outcome(read({ TreatMissingData, EvaluationPeriods: 3, DatapointsToAlarm: Number(needed[0]) }), [
        ...before,
        ...values,
      ]),
    );
    // The state before was OK.
    expect(await Promise.all(states)).toEqual(expected.map((state) => (state === 'retained' ? 'OK' : state)));
  });

  it('treats missing data as missing where it does not say', async () => {
    const { record, until, state } = world(read({ TreatMissingData: undefined }));
    record(0, 0);
    await until(30);
    expect(state()).toBe('INSUFFICIENT_DATA');
  });

  it('stays in ALARM without data where it ignores that, and costs nothing', async () => {
    const { record, until, state, isSilent } = world(read({ TreatMissingData: 'ignore' }));
    record(0, 1);
    await until(DAY);
    expect(state()).toBe('ALARM');
    expect(isSilent()).toBe(true);
  });

  it('rings for silence from the start if missing data breach', async () => {
    const { until, changes, isSilent } = world(read({ TreatMissingData: 'breaching' }));
    await until(DAY);
    expect(changes).toEqual(['TestAlarm INSUFFICIENT_DATA ALARM 1']);
    expect(isSilent()).toBe(true);
  });

  it('looks at a window that slides by the minute', async () => {
    const { record, until, changes } = world(read({ Period: 300, Threshold: 5 }), 0);
    // Never do the same 5 minutes of the clock hold both.
    record(2, 3);
    record(6, 3);
    await until(HOUR);
    expect(changes).toEqual([
      'TestAlarm INSUFFICIENT_DATA OK 3',
      'TestAlarm OK ALARM 7',
      'TestAlarm ALARM OK 8',
    ]);
  });

  it('evaluates the last data again when the metric has stopped, and rings for it again', async () => {
    const { record, until, changes } = world(read({ Period: 300, Threshold: 5 }));
    record(2, 3);
    record(6, 3);
    await until(HOUR);
    // The newest window with data is minutes 2 to 6 at the end of minutes 7, 12 and 17.
    expect(changes.filter((change) => change.includes(' OK ALARM '))).toEqual(
      [7, 12, 17].map((minute) => `TestAlarm OK ALARM ${minute}`),
    );
  });

  it('rings only when enough of its periods breach', async () => {
    const { record, until, changes } = world(read({ EvaluationPeriods: 3, DatapointsToAlarm: 2 }));
    for (const [minute, value] of [0, 1, 0, 0, 1, 0, 1, 0, 0].entries()) record(minute, value);
    await until(HOUR);
    expect(changes).toEqual([
      'TestAlarm INSUFFICIENT_DATA OK 1',
      'TestAlarm OK ALARM 7',
      'TestAlarm ALARM OK 8',
    ]);
  });

  it('does not ring twice while it stays in ALARM, and rings anew afterwards', async () => {
    const { record, until, changes } = world(read({}));
    for (let minute = 0; minute < 10; minute += 1) record(minute, 5);
    record(10, 0);
    record(11, 1);
    await until(12);
    expect(changes).toEqual([
      'TestAlarm INSUFFICIENT_DATA ALARM 1',
      'TestAlarm ALARM OK 11',
      'TestAlarm OK ALARM 12',
    ]);
  });

  it('sees what is recorded at the very end of a minute in the next one', async () => {
    const { timeline, metric, until, changes } = world(read({}));
    timeline.at(START + MINUTE_MS, () => metric.record(0));
    timeline.at(START + 5 * MINUTE_MS, () => metric.record(1));
    await until(HOUR);
    expect(changes).toEqual([
      'TestAlarm INSUFFICIENT_DATA OK 2',
      'TestAlarm OK ALARM 6',
      'TestAlarm ALARM OK 9',
    ]);
  });

  it('sees what is recorded just as it would fall asleep', async () => {
    const { timeline, metric, until, changes } = world(read({}));
    for (let minute = 1; minute <= 10; minute += 1) {
      timeline.at(START + minute * 5 * MINUTE_MS, () => metric.record(minute % 2));
    }
    await until(HOUR);
    expect(changes.filter((change) => change.includes(' OK ALARM')).length).toBe(4);
  });

  it('reads data from before it was made', async () => {
    const timeline = createTimeline(START);
    const metrics = createMetrics(timeline);
    metrics.record(METRIC, 1);
    const changes: string[] = [];
    for (const Period of [60, 300]) {
      createAlarms({
        timeline,
        metrics,
        definitions: read({ Period }),
        onChange: (_name, _from, to) => changes.push(to),
      });
    }
    await timeline.runUntil(START + MINUTE_MS);
    expect(changes).toEqual(['ALARM', 'ALARM']);
  });

  it('takes another dimension for another metric, and the same ones in another order for the same', async () => {
    const { metrics, until, state } = world(
      read({
        Dimensions: [
          { Name: 'a', Value: '1' },
          { Name: 'b', Value: '2' },
        ],
      }),
    );
    metrics.record({ ...METRIC, dimensions: { a: '1' } }, 1);
    metrics.record({ ...METRIC, dimensions: { a: '1', b: '3' } }, 1);
    await until(10);
    expect(state()).toBe('INSUFFICIENT_DATA');
    metrics.record({ ...METRIC, dimensions: { b: '2', a: '1' } }, 1);
    await until(11);
    expect(state()).toBe('ALARM');
  });

  it('is asked for by a name that exists', () => {
    expect(() => world(read({})).stateOf('Other')).toThrow('Other');
  });
});

describe('metric math', () => {
  /** The alarm's state after minutes in which M and N had these values. */
  async function stateOf(
    definitions: ReturnType<typeof readAlarmDefinitions>,
    m: (number | undefined)[],
    n: (number | undefined)[] = [],
  ) {
    const { recordOther, until, state } = world(definitions);
    for (const [name, values] of Object.entries({ M: m, N: n })) {
      for (const [minute, value] of values.entries()) {
        if (value !== undefined) recordOther(minute, name, value);
      }
    }
    await until(m.length);
    return state();
  }

  const none = undefined;

  it.each([
    ['m1 + m2 * 2', [1], [3], 7],
    ['(m1 + m2) * 2', [1], [3], 8],
    ['m1 - m2 - 1', [9], [3], 5],
    ['-m1 + 10', [4], [none], 6],
    ['m1 * -2 + 10', [4], [none], 2],
    ['m1 / m2', [9], [3], 3],
    ['100 * m1 / m2', [1], [4], 25],
    ['m1 - m2', [5], [none], 5],
    ['SUM([m1, m2, m1])', [5], [1], 11],
    ['SUM([m1, m2])', [none], [1], 1],
    ['DIFF(m1)', [2, 9], [], 7],
    ['DIFF(m1)', [2, none, 9], [], 7],
    ['FILL(m1, 4)', [none], [1], 4],
    ['FILL(m1, 4)', [7], [], 7],
    ['FILL(m1, 4) + m2', [none], [1], 5],
    ['IF(m1 > 2, 10, 20)', [3], [], 10],
    ['IF(m1 > 2, 10, 20)', [2], [], 20],
    ['IF(m1 >= m2, m1, m2)', [2], [5], 5],
    ['IF(m1, m2)', [1], [5], 5],
    ['IF(m1, m2)', [1], [none], 0],
    ['m1 == m2', [5], [5], 1],
    ['m1 != m2', [5], [5], 0],
    ['m1 < 6', [5], [], 1],
    ['m1 <= 4', [5], [], 0],
  ])('%s of %j and %j is %d', async (expression, m, n, value) => {
    const equals = (ComparisonOperator: string) =>
      stateOf(
        readMath(expression, { Threshold: value, ComparisonOperator, TreatMissingData: 'missing' }),
        m,
        n,
      );
    expect(await equals('GreaterThanOrEqualToThreshold')).toBe('ALARM');
    expect(await equals('LessThanOrEqualToThreshold')).toBe('ALARM');
  });

  it.each([
    ['m1 / m2', [1], [0]],
    ['m1 + 1', [none], [1]],
    ['DIFF(m1)', [1], []],
    ['IF(m1, m2)', [0], [1]],
    ['IF(m1, 1, m2)', [0], [none]],
    ['IF(m1, 1, 2)', [none], [1]],
  ])('%s of %j and %j is missing', async (expression, m, n) => {
    expect(await stateOf(readMath(expression, { TreatMissingData: 'missing' }), m, n)).toBe(
      'INSUFFICIENT_DATA',
    );
  });

  it('may refer to another expression, and watch one metric alone', async () => {
    const stat = {
      Id: 'm1',
      MetricStat: { Metric: { Namespace: 'Test', MetricName: 'M' }, Period: 60, Stat: 'Sum' },
    };
    const Metrics = [
      { Id: 'e2', Expression: 'e1 + 1' },
      { Id: 'e1', Expression: 'm1 * 2', ReturnData: false },
      { ...stat, ReturnData: false },
    ];
    expect(await stateOf(readMath('', { Metrics, Threshold: 10 }), [5])).toBe('ALARM');
    expect(await stateOf(readMath('', { Metrics, Threshold: 11 }), [5])).toBe('OK');
    expect(await stateOf(readMath('', { Metrics: [stat] }), [5])).toBe('ALARM');
  });

  it('rings when a level rises, and not while it stays', async () => {
    const { record, until, changes } = world(readMath('DIFF(m1)'));
    for (const [minute, level] of [0, 0, 2, 2, 2, 3, 3].entries()) record(minute, level);
    await until(HOUR);
    expect(changes.filter((change) => change.includes('ALARM '))).toEqual([
      'TestAlarm OK ALARM 3',
      'TestAlarm ALARM OK 4',
      'TestAlarm OK ALARM 6',
      'TestAlarm ALARM OK 7',
    ]);
  });
});

describe("the project's alarms", () => {
  const QUEUE = { QueueName: REFERENCES['VerifiedUsersQueue.QueueName'] };
  const DEAD_LETTERS = { QueueName: REFERENCES['DeadLetterQueue.QueueName'] };

  /** A gauge that is sampled every minute, in which these levels follow one another. */
  async function sampled(name: string, dimensions: Record<string, string>, levels: number[]) {
    const timeline = createTimeline(START);
    const metrics = createMetrics(timeline);
    const gauge = metrics.gauge({ namespace: 'AWS/SQS', name, dimensions });
    const rings: string[] = [];
    createAlarms({
      timeline,
      metrics,
      definitions: readAlarmDefinitions(alarmsYml, REFERENCES),
      onChange(alarmName, from, to, at) {
        if (to === 'ALARM' || from === 'ALARM') rings.push(`${alarmName} ${to} ${(at - START) / MINUTE_MS}`);
      },
    });
    const left = [...levels];
    const { wake } = sampleEveryMinute(timeline, () => {
      gauge.record(left.shift() ?? 0);
      return left.length > 0;
    });
    timeline.at(START - 1, wake);
    await timeline.runUntil(START + DAY * MINUTE_MS);
    expect(timeline.nextAt()).toBe(Number.POSITIVE_INFINITY);
    return rings;
  }

  const backOff = (levels: number[]) => sampled('ApproximateNumberOfMessagesNotVisible', QUEUE, levels);
  const always = (minutes: number) => Array<number>(minutes).fill(1);

  it('ring for a back-off of an hour', async () => {
    // The first sample is that of minute 1.
    expect(await backOff(always(90))).toEqual(['BackOffAlarm ALARM 61', 'BackOffAlarm OK 92']);
    expect(await backOff(always(59))).toEqual([]);
  });

  it('do not ring for a back-off that one sample interrupts', async () => {
    const interrupted = [...always(50), 0, ...always(50)];
    expect(await backOff(interrupted)).toEqual([]);
    expect(await backOff([...interrupted, ...always(10)])).toEqual([
      'BackOffAlarm ALARM 112',
      'BackOffAlarm OK 113',
    ]);
  });

  it('ring once for a dead letter, however long it lies there', async () => {
    expect(
      await sampled('ApproximateNumberOfMessagesVisible', DEAD_LETTERS, [1, 1, 2, 2, 1, 0, 0, 1]),
    ).toEqual([
      'DeadLetterAlarm ALARM 2',
      'DeadLetterAlarm OK 7',
      'DeadLetterAlarm ALARM 9',
      'DeadLetterAlarm OK 10',
    ]);
  });

  it('ring once for a count within five minutes', async () => {
    const { metrics, until, changes, isSilent } = world(readAlarmDefinitions(alarmsYml, REFERENCES));
    metrics.record(
      {
        namespace: 'WmeHubSpotSync/prod',
        name: 'HubSpotAuthFailure',
        dimensions: { service: 'sync-contact' },
      },
      1,
    );
    await until(HOUR);
    // A count has no zeros: the last data point is evaluated until it has left the three that are retrieved.
    expect(changes).toEqual([
      'HubSpotAuthFailureAlarm INSUFFICIENT_DATA ALARM 1',
      'HubSpotAuthFailureAlarm ALARM OK 16',
    ]);
    expect(isSilent()).toBe(true);
  });
});

describe('a gauge', () => {
  it.each([
    ['Minimum', 'LessThanThreshold', 1, 'ALARM'],
    ['Maximum', 'GreaterThanOrEqualToThreshold', 4, 'ALARM'],
    ['Average', 'LessThanOrEqualToThreshold', 2, 'ALARM'],
    ['SampleCount', 'LessThanThreshold', 2, 'OK'],
  ])('is zero in silence, for its %s', async (Statistic, ComparisonOperator, Threshold, expected) => {
    const { metrics, until, state } = world(read({ Statistic, ComparisonOperator, Threshold, Period: 120 }));
    metrics.gauge(METRIC).record(4);
    await until(2);
    expect(state()).toBe(expected);
  });

  it('is below zero only where it was recorded so', async () => {
    const { metrics, until, state } = world(read({ Statistic: 'Maximum', Period: 120, Threshold: -1 }));
    metrics.gauge(METRIC).record(-4);
    await until(2);
    expect(state()).toBe('ALARM');
  });
});

describe('sampling every minute', () => {
  it('starts at the next minute, and sleeps when there is nothing worth telling', async () => {
    const timeline = createTimeline(START + 1);
    const at: number[] = [];
    const { wake } = sampleEveryMinute(timeline, () => {
      at.push((timeline.now() - START) / MINUTE_MS);
      return at.length % 3 !== 0;
    });
    expect(timeline.nextAt()).toBe(Number.POSITIVE_INFINITY);
    wake();
    wake();
    await timeline.runUntil(START + 10 * MINUTE_MS);
    expect(at).toEqual([1, 2, 3]);
    expect(timeline.nextAt()).toBe(Number.POSITIVE_INFINITY);
    wake();
    await timeline.runUntil(START + 20 * MINUTE_MS);
    expect(at).toEqual([1, 2, 3, 11, 12, 13]);
  });

  it('goes on if it is woken by what it looks at', async () => {
    const timeline = createTimeline(START);
    let samples = 0;
    const { wake } = sampleEveryMinute(timeline, () => {
      samples += 1;
      if (samples < 3) wake();
      return false;
    });
    wake();
    await timeline.runUntil(START + HOUR * MINUTE_MS);
    expect(samples).toBe(3);
  });
});

describe('silence', () => {
  it('schedules nothing: not at the start, and not after data', async () => {
    const { record, until, isSilent, stateOf, timeline } = world([
      ...readAlarmDefinitions(alarmsYml, REFERENCES),
      ...read({ Period: 300 }),
    ]);
    expect(isSilent()).toBe(true);
    record(0, 1);
    await until(15);
    expect(timeline.nextAt()).toBe(START + 16 * MINUTE_MS);
    await until(16);
    expect(stateOf('TestAlarm')).toBe('OK');
    expect(isSilent()).toBe(true);
  });

  it('makes a year with a record a day cost a few evaluations a day', async () => {
    const { timeline, metric, until, changes } = world(read({}));
    let events = 0;
    const at = timeline.at;
    timeline.at = (time, act) => {
      events += 1;
      return at(time, act);
    };
    for (let day = 0; day < 365; day += 1) timeline.at(START + day * DAY * MINUTE_MS, () => metric.record(1));
    await until(365 * DAY);
    expect(changes.filter((change) => change.includes(' ALARM OK ')).length).toBe(365);
    expect(events).toBeLessThanOrEqual(365 * 6);
  });
});

describe('a metric', () => {
  it('refuses a value that CloudWatch would refuse', () => {
    const { metric } = world([]);
    expect(() => metric.record(Number.NaN)).toThrow('NaN');
    expect(() => metric.record(Number.POSITIVE_INFINITY)).toThrow('Infinity');
  });
});
