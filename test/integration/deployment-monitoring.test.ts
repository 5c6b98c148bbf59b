import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { widgetsOf } from '../../infrastructure/dashboard/body.ts';
import { drawDashboard } from '../../infrastructure/dashboard/draw.ts';
import { copyService, packageStage, RUNBOOK_URL, TOPIC_ARN, tryServerless } from './packaging.ts';
import { emittedMetrics } from './support/emitted-metrics.ts';
import type { Metric } from './support/metrics.ts';

// The alarms and the dashboard, as `serverless package` makes them, held against what the built functions really emit.

let folder: string;
let deployment: Awaited<ReturnType<typeof packageStage>>;
let template: string;
let emitted: readonly Metric[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployment-monitoring-'));
  deployment = await packageStage(folder, 'prod', ['userPoolId=us-east-1_Ab12Cd34E']);
  template = await readFile(deployment.templateFile, 'utf8');
  emitted = await emittedMetrics((logicalId) => {
    const { POWERTOOLS_METRICS_NAMESPACE: namespace, POWERTOOLS_SERVICE_NAME: service } =
      deployment.variables(logicalId);
    return { POWERTOOLS_METRICS_NAMESPACE: String(namespace), POWERTOOLS_SERVICE_NAME: String(service) };
  });
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const alarms = () =>
  Object.entries(deployment.resources).filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm');

test('every alarm is there, goes to the topic and is taken back there, and rings when it should', () => {
  const more = (Threshold: number) => ({ ComparisonOperator: 'GreaterThanThreshold', Threshold });
  const queue = (logicalId: string) => ({
    Namespace: 'AWS/SQS',
    Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [logicalId, 'QueueName'] } }],
  });
  const lambda = (logicalId: string, MetricName: string, Statistic = 'Sum') => ({
    Namespace: 'AWS/Lambda',
    MetricName,
    Dimensions: [{ Name: 'FunctionName', Value: { Ref: logicalId } }],
    Statistic,
    ...more(0),
  });
  /** What the function counts, under the names that it is told. */
  const metric = (logicalId: string, MetricName: string) => {
    const { POWERTOOLS_METRICS_NAMESPACE: Namespace, POWERTOOLS_SERVICE_NAME: Value } =
      deployment.variables(logicalId);
    return { Namespace, MetricName, Dimensions: [{ Name: 'service', Value }] };
  };
  const counted = (logicalId: string, MetricName: string) => ({
    ...metric(logicalId, MetricName),
    Statistic: 'Sum',
    ...more(0),
  });
  const expected = {
    DeadLetterAlarm: {
      ...queue('DeadLetterQueue'),
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Statistic: 'Maximum',
      ...more(0),
    },
    NewDeadLetterAlarm: { ...counted('SyncContactLambdaFunction', 'DeadLetter'), Period: 60 },
    DeadLetterAgeAlarm: {
      ...queue('DeadLetterQueue'),
      MetricName: 'ApproximateAgeOfOldestMessage',
      Statistic: 'Maximum',
      ...more(10 * 24 * 60 * 60),
    },
    MessageAgeAlarm: {
      ...queue('VerifiedUsersQueue'),
      MetricName: 'ApproximateAgeOfOldestMessage',
      Statistic: 'Maximum',
      ...more(3600),
    },
    BackOffAlarm: {
      ...queue('VerifiedUsersQueue'),
      MetricName: 'ApproximateNumberOfMessagesNotVisible',
      Statistic: 'Minimum',
      ...more(0),
      Period: 300,
      EvaluationPeriods: 12,
    },
    HubSpotAuthFailureAlarm: counted('SyncContactLambdaFunction', 'HubSpotAuthFailure'),
    HubSpotRefusalAlarm: counted('SyncContactLambdaFunction', 'HubSpotRefusal'),
    DailyQuotaAlarm: {
      ...metric('SyncContactLambdaFunction', 'DailyQuotaLeft'),
      Statistic: 'Minimum',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 10,
    },
    SyncContactErrorsAlarm: lambda('SyncContactLambdaFunction', 'Errors'),
    SyncContactThrottlesAlarm: {
      ...lambda('SyncContactLambdaFunction', 'Throttles'),
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
    },
    SyncContactDurationAlarm: {
      ...lambda('SyncContactLambdaFunction', 'Duration', 'Maximum'),
      ...more(57_000),
    },
    PublishFailureAlarm: counted('PublishVerificationLambdaFunction', 'PublishFailure'),
    // A share of two metrics: whatever an administrator does once or twice a day rings nothing.
    ConfirmedUnverifiedAlarm: {
      Period: undefined,
      ...more(0.5),
      Metrics: [
        ...[
          ['unverified', 'ConfirmedUnverified'],
          ['published', 'VerificationPublished'],
        ].map(([Id, name = '']) => ({
          Id,
          ReturnData: false,
          MetricStat: {
            Metric: metric('PublishVerificationLambdaFunction', name),
            Period: 86_400,
            Stat: 'Sum',
          },
        })),
        {
          Id: 'share',
          Label: expect.any(String),
          Expression: 'IF(unverified > 2, unverified / (unverified + published), 0)',
        },
      ],
    },
    PublishVerificationErrorsAlarm: lambda('PublishVerificationLambdaFunction', 'Errors'),
    PublishVerificationThrottlesAlarm: lambda('PublishVerificationLambdaFunction', 'Throttles'),
    PublishVerificationDurationAlarm: {
      ...lambda('PublishVerificationLambdaFunction', 'Duration', 'Maximum'),
      ...more(2_000),
      EvaluationPeriods: 12,
      DatapointsToAlarm: 2,
    },
    MissingInHubSpotAlarm: {
      ...counted('ReconcileLambdaFunction', 'MissingInHubSpot'),
      Statistic: 'Maximum',
      ...more(200),
      TreatMissingData: 'ignore',
    },
    TriggerDetachedAlarm: {
      ...counted('ReconcileLambdaFunction', 'TriggerDetached'),
      TreatMissingData: 'ignore',
    },
    // Silence is the bad news: 26 hours of it.
    ReconcileMissedAlarm: {
      ...counted('ReconcileLambdaFunction', 'ReconcileRun'),
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 3600,
      EvaluationPeriods: 26,
      TreatMissingData: 'breaching',
    },
    ReconcileErrorsAlarm: lambda('ReconcileLambdaFunction', 'Errors'),
  };

  expect(Object.fromEntries(alarms().map(([name, { Properties }]) => [name, Properties]))).toEqual(
    Object.fromEntries(
      Object.entries(expected).map(([name, alarm]) => [
        name,
        {
          EvaluationPeriods: 1,
          Period: expect.any(Number),
          TreatMissingData: 'notBreaching',
          ...alarm,
          AlarmDescription: expect.any(String),
          AlarmActions: [TOPIC_ARN],
          OKActions: [TOPIC_ARN],
        },
      ]),
    ),
  );
});

test('near its limit is below the time-out, and below it by enough to be heard of', () => {
  const timeoutMs = (logicalId: string) => Number(deployment.properties(logicalId)?.Timeout) * 1_000;
  const thresholdOf = (name: string) => Number(deployment.properties(name)?.Threshold);
  expect(thresholdOf('SyncContactDurationAlarm')).toBeLessThan(timeoutMs('SyncContactLambdaFunction'));
  expect(thresholdOf('PublishVerificationDurationAlarm') * 2).toBeLessThan(
    timeoutMs('PublishVerificationLambdaFunction'),
  );
});

/** As GitLab and GitHub make an anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

test('each description says what it means for people, with which command to begin, and which section of the runbook has the rest', async () => {
  const runbook = await readFile('docs/runbook.md', 'utf8');
  const headings = runbook.split('\n').filter((line) => line.startsWith('## '));
  for (const [name, { Properties }] of alarms()) {
    const description = String(Properties.AlarmDescription);
    expect(description.length, name).toBeLessThanOrEqual(1_024);
    const [meaning, command, section, ...others] = description.split('\n');
    expect(others, name).toEqual([]);
    expect(meaning, name).toMatch(/\b(sign(s|ed)?[- ]ups?|people|person|somebody|whoever)\b/i);
    expect(command, name).toMatch(/^Begin with: (npx wme-hubspot-sync|aws) \S+/);
    const heading = headings.find((line) => line.includes(`\`${name}\``)) ?? 'no heading';
    expect(section, name).toBe(`Runbook: ${RUNBOOK_URL}#${anchorOf(heading.slice(3))}`);
  }
});

test('an alarm that ends whatever becomes of its cause says what its end means', () => {
  const ofOneMoment = ['NewDeadLetterAlarm', 'PublishFailureAlarm', 'ReconcileErrorsAlarm'];
  const saying = alarms().filter(([, { Properties }]) =>
    String(Properties.AlarmDescription).split('\n')[0]?.includes('That this is OK again means only that '),
  );
  expect(saying.map(([name]) => name).toSorted()).toEqual(ofOneMoment);
});

/** What AWS itself measures of a queue and of a function (SQS and Lambda developer guides, CloudWatch metrics). */
const OF_AWS: Readonly<Record<string, { dimension: string; resource: string; names: readonly string[] }>> = {
  'AWS/SQS': {
    dimension: 'QueueName',
    resource: 'AWS::SQS::Queue',
    names: [
      'ApproximateAgeOfOldestMessage',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesVisible',
    ],
  },
  'AWS/Lambda': {
    dimension: 'FunctionName',
    resource: 'AWS::Lambda::Function',
    names: ['ConcurrentExecutions', 'Duration', 'Errors', 'Invocations', 'Throttles'],
  },
};

interface Used {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
}

/** What is wrong with a metric that somebody looks at: nothing where AWS or one of the functions emits it. */
function problemWith({ namespace, name, dimensions }: Used): string | undefined {
  const used = `${namespace} ${name} ${JSON.stringify(dimensions)}`;
  const ofAws = OF_AWS[namespace];
  if (ofAws !== undefined) {
    if (!ofAws.names.includes(name)) return `AWS has no metric ${used}`;
    const [[dimension, value = ''] = [], ...others] = Object.entries(dimensions);
    const found = Object.entries(deployment.resources).some(
      ([logicalId, { Type, Properties }]) =>
        Type === ofAws.resource &&
        [logicalId, `${logicalId}.QueueName`, Properties.FunctionName].includes(value),
    );
    return dimension === ofAws.dimension && others.length === 0 && found
      ? undefined
      : `no such thing: ${used}`;
  }
  const exists = emitted.some(
    (metric) =>
      metric.namespace === namespace &&
      metric.name === name &&
      JSON.stringify(metric.dimensions) === JSON.stringify(dimensions),
  );
  return exists ? undefined : `no function emits ${used}`;
}

const reference = z.union([
  z.string(),
  z.object({ Ref: z.string() }).transform(({ Ref }) => Ref),
  z.object({ 'Fn::GetAtt': z.array(z.string()) }).transform((attribute) => attribute['Fn::GetAtt'].join('.')),
]);
const metricOfAlarm = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: reference })),
});

/** Every metric below a node, wherever it stands. */
function metricsOfAlarms(node: unknown): Used[] {
  if (typeof node !== 'object' || node === null) return [];
  if (!('MetricName' in node)) return Object.values(node).flatMap(metricsOfAlarms);
  const { Namespace, MetricName, Dimensions } = metricOfAlarm.parse(node);
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  return [{ namespace: Namespace, name: MetricName, dimensions }];
}

test('every metric of an alarm is one that the functions really emit, or AWS does', () => {
  const used = metricsOfAlarms(Object.fromEntries(alarms()));
  expect(used.length).toBeGreaterThan(alarms().length);
  const problems = used.map(problemWith);
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
});

describe('the dashboard', () => {
  const metrics = () =>
    widgetsOf(template).flatMap((widget) => (widget.type === 'metric' ? widget.properties.metrics : []));

  test('shows metrics that the functions really emit, or AWS does', () => {
    expect(metrics().length).toBeGreaterThan(40);
    const problems = metrics().map(({ namespace, name, dimensions }) =>
      problemWith({ namespace, name, dimensions: { ...dimensions } }),
    );
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  test('shows everything that the functions emit', () => {
    const shown = new Set(metrics().map(({ name }) => name));
    const left = new Set(emitted.map(({ name }) => name).filter((name) => !shown.has(name)));
    // Notes are as many as updates, and what is ignored is nobody's concern.
    expect([...left].toSorted()).toEqual(['NoteCreated', 'TriggerIgnored']);
  });

  test('shows every alarm that is there without a pool', () => {
    const shown = widgetsOf(template).flatMap((widget) =>
      widget.type === 'alarm' ? widget.properties.alarms : [],
    );
    const always = alarms().flatMap(([name, { Condition }]) =>
      Condition === undefined ? `${name}.Arn` : [],
    );
    expect(shown.toSorted()).toEqual(always.toSorted());
  });

  test('draws each limit that an alarm has where it has it', () => {
    const limits = widgetsOf(template).flatMap((widget) =>
      widget.type === 'metric'
        ? (widget.properties.annotations?.horizontal ?? []).map(({ value }) => [
            widget.properties.metrics[0]?.name,
            value,
          ])
        : [],
    );
    const thresholdOf = (name: string) => deployment.properties(name)?.Threshold;
    expect(limits).toEqual([
      ['DailyQuotaLeft', thresholdOf('DailyQuotaAlarm')],
      ['Duration', thresholdOf('SyncContactDurationAlarm')],
      ['Duration', thresholdOf('PublishVerificationDurationAlarm')],
    ]);
  });

  test('has no two widgets in one place, and none beside the 24 columns', () => {
    const taken = new Set<string>();
    for (const { x, y, width, height } of widgetsOf(template)) {
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column += 1) {
        for (let row = y; row < y + height; row += 1) {
          expect(taken).not.toContain(`${column} ${row}`);
          taken.add(`${column} ${row}`);
        }
      }
    }
  });

  test('looks as in its picture: `npm run dashboard` draws it anew', async () => {
    expect((await drawDashboard(template)) === (await readFile('docs/dashboard.svg', 'utf8'))).toBe(true);
  });
});

test('docs/monitoring.md names every metric with the function that emits it, and every alarm, and no other', async () => {
  const document = await readFile('docs/monitoring.md', 'utf8');
  const rows = document.split('\n').filter((line) => line.startsWith('| `'));
  const namesIn = (cell = '') => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
  const written = rows.flatMap((row) => {
    const [, names, of = ''] = row.split('|');
    return namesIn(names).map((name) => (name.endsWith('Alarm') ? name : `${of.trim()} ${name}`));
  });
  const real = [
    ...new Set(emitted.map(({ name, dimensions }) => `\`${dimensions.service}\` ${name}`)),
    ...alarms().map(([name]) => name),
  ];
  expect(written.toSorted()).toEqual(real.toSorted());
});

describe('nothing is packaged that would be silent or refused', () => {
  const refusal = async (where: string, ...params: string[]) => {
    const given = params.flatMap((param) => ['--param', param]);
    const { code, said } = await tryServerless(where, ['package', '--stage', 'prod', ...given]);
    expect(code).toBe(1);
    return said;
  };

  test('prod without a topic, or without a way to the runbook, as it is before a team has set them', async () => {
    const asCloned = join(folder, 'as-cloned');
    await copyService(asCloned);
    await cp('serverless.yml', join(asCloned, 'serverless.yml'));
    const said = await refusal(asCloned);
    expect(said).toContain('Stage prod names no SNS topic: its alarms would ring for nobody.');
    expect(said).toContain('The alarms of stage prod would lead nobody to the runbook.');
  }, 120_000);

  test('a topic that is none', async () => {
    expect(await refusal(folder, 'alarmTopicArn=alarms')).toContain('Stage prod names no SNS topic');
  }, 120_000);

  test('the name of a parameter without its leading slash', async () => {
    const said = await refusal(folder, 'tokenParameter=wme/token', 'logKeyParameter=key');
    expect(said).toContain('tokenParameter is "wme/token", which is no name of an SSM parameter');
    expect(said).toContain('logKeyParameter is "key", which is no name of an SSM parameter');
  }, 120_000);
});
