import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type {
  DescribeAlarmsInput,
  DescribeAlarmsOutput,
  GetMetricDataInput,
  GetMetricDataOutput,
  MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import type {
  EventSourceMappingConfiguration,
  FunctionConfiguration,
  GetPolicyResponse,
  ListEventSourceMappingsResponse,
} from '@aws-sdk/client-lambda';
import type { ListSubscriptionsByTopicInput, Subscription } from '@aws-sdk/client-sns';
import * as z from 'zod/mini';
import { ALARMS } from '../../ops/checks/alarms.ts';
import { OURS, permission } from './ops-user-pool.ts';

export const TOPIC = 'arn:aws:sns:eu-west-1:000000000000:on-call';
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:verified-users.fifo';
const SYNC = 'wme-hubspot-sync-prod-syncContact';
const PUBLISH = 'wme-hubspot-sync-prod-publishVerification';
const RECONCILE = 'wme-hubspot-sync-prod-reconcile';

const healthyAlarms = (): MetricAlarm[] =>
  ALARMS.map(({ name }) => ({
    AlarmName: `wme-hubspot-sync-prod-${name}-1ABC2DEF3`,
    ActionsEnabled: true,
    AlarmActions: [TOPIC],
    StateValue: 'OK',
  }));

const healthyMapping = (): EventSourceMappingConfiguration => ({
  UUID: '5d1b4f4e-8a6e-4c0c-9c1e-2f1a7b6c9d10',
  State: 'Enabled',
  BatchSize: 10,
  EventSourceArn: QUEUE_ARN,
  FunctionResponseTypes: ['ReportBatchItemFailures'],
  ScalingConfig: { MaximumConcurrency: 2 },
});

const healthyFunctions = (): Record<string, FunctionConfiguration> => ({
  [SYNC]: {
    FunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${SYNC}`,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Timeout: 60,
    Environment: { Variables: { MAX_CONCURRENCY: '2', MAX_RECEIVE_COUNT: '40' } },
  },
  [RECONCILE]: {
    FunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${RECONCILE}`,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Timeout: 900,
  },
  [PUBLISH]: { FunctionArn: OURS, State: 'Inactive', LastUpdateStatus: 'Successful', Timeout: 5 },
});

const alarmsInput = z.strictObject({
  AlarmNamePrefix: z.string(),
  AlarmTypes: z.array(z.literal('MetricAlarm')),
  MaxRecords: z.int().check(z.lte(100)),
  NextToken: z.optional(z.string()),
});

const metricsInput = z.strictObject({
  MetricDataQueries: z.array(
    z.strictObject({
      Id: z.string().check(z.regex(/^[a-z]\w*$/)),
      MetricStat: z.strictObject({
        Metric: z.strictObject({
          Namespace: z.string(),
          MetricName: z.string(),
          Dimensions: z.array(z.strictObject({ Name: z.string(), Value: z.string() })),
        }),
        Period: z.int().check(z.multipleOf(60)),
        Stat: z.string(),
      }),
      ReturnData: z.boolean(),
    }),
  ),
  StartTime: z.int(),
  EndTime: z.int(),
  ScanBy: z.enum(['TimestampDescending']),
});

/** Lambda, CloudWatch and SNS, as far as commands read them, with a stage `prod` that is well. */
export async function startAws() {
  const world = {
    alarms: healthyAlarms(),
    mappings: [healthyMapping()],
    functions: healthyFunctions(),
    statements: [permission()] as object[] | undefined,
    /** The functions that have this policy. */
    permitted: [OURS],
    subscriptions: [{ SubscriptionArn: `${TOPIC}:1` }] as Subscription[],
    /** Values by `MetricName`, with those of its further dimensions behind it. */
    metrics: {} as Record<string, number>,
    metricQueries: [] as GetMetricDataInput['MetricDataQueries'],
    /** The error that a call ends with, by its name. */
    refusals: {} as Record<string, string>,
    calls: [] as string[],
    heal() {
      Object.assign(world, {
        alarms: healthyAlarms(),
        mappings: [healthyMapping()],
        functions: healthyFunctions(),
        statements: [permission()],
        permitted: [OURS],
        subscriptions: [{ SubscriptionArn: `${TOPIC}:1` }],
        metrics: {},
        refusals: {},
        calls: [],
      });
    },
  };
  const json = (response: ServerResponse, status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  function describeAlarms(body: string): DescribeAlarmsOutput & { MetricAlarms: MetricAlarm[] } {
    const { AlarmNamePrefix, NextToken } = alarmsInput.parse(JSON.parse(body)) satisfies DescribeAlarmsInput;
    const found = world.alarms.filter(({ AlarmName = '' }) => AlarmName.startsWith(AlarmNamePrefix));
    // In two pages, as of an account with many.
    return NextToken === undefined
      ? { MetricAlarms: found.slice(0, 5), NextToken: 'more' }
      : { MetricAlarms: found.slice(5) };
  }

  function getMetricData(body: string): object {
    const asked = metricsInput.parse(JSON.parse(body));
    // As JSON has times: in seconds.
    const { StartTime, EndTime, ...rest } = asked;
    world.metricQueries = (
      rest satisfies Omit<GetMetricDataInput, 'StartTime' | 'EndTime'>
    ).MetricDataQueries;
    const MetricDataResults = asked.MetricDataQueries.map(({ Id, MetricStat: { Metric } }) => {
      const further = Metric.Dimensions.filter(({ Name }) => !/^(service|QueueName)$/.test(Name));
      const value = world.metrics[[Metric.MetricName, ...further.map(({ Value }) => Value)].join(' ')];
      return { Id, Values: value === undefined ? [] : [value] };
    });
    return { MetricDataResults } satisfies GetMetricDataOutput;
  }

  function lambda(path: string, response: ServerResponse): unknown {
    const url = new URL(path, 'http://lambda');
    const [, name = '', what] =
      /^\/2015-03-31\/functions\/([^/]+)\/(configuration|policy)$/.exec(url.pathname) ?? [];
    const isMappings = url.pathname === '/2015-03-31/event-source-mappings/';
    const call = isMappings
      ? 'ListEventSourceMappings'
      : what === 'policy'
        ? 'GetPolicy'
        : 'GetFunctionConfiguration';
    world.calls.push(call);
    const refusal = world.refusals[call];
    if (refusal !== undefined) {
      response.setHeader('x-amzn-errortype', refusal);
      return json(response, 403, { Message: 'User: night@example.org may not' });
    }
    const missing = () => {
      response.setHeader('x-amzn-errortype', 'ResourceNotFoundException:http://lambda/');
      return json(response, 404, { Message: 'not found' });
    };
    if (isMappings) {
      const all = url.searchParams.get('FunctionName') === SYNC ? world.mappings : [];
      return json(response, 200, { EventSourceMappings: all } satisfies ListEventSourceMappingsResponse);
    }
    if (what === 'policy') {
      if (world.statements === undefined || !world.permitted.includes(decodeURIComponent(name)))
        return missing();
      const Policy = JSON.stringify({ Statement: world.statements });
      return json(response, 200, { Policy, RevisionId: '1' } satisfies GetPolicyResponse);
    }
    const found = world.functions[decodeURIComponent(name)];
    return what === 'configuration' && found !== undefined ? json(response, 200, found) : missing();
  }

  function sns(body: string, response: ServerResponse): unknown {
    const form = Object.fromEntries(new URLSearchParams(body));
    const { Action, Version, ...input } = form;
    world.calls.push(String(Action));
    const { TopicArn } = z
      .strictObject({ TopicArn: z.string(), NextToken: z.optional(z.string()) })
      .parse(input) satisfies ListSubscriptionsByTopicInput;
    const error = (status: number, code: string) =>
      response
        .writeHead(status, { 'content-type': 'text/xml' })
        .end(
          `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`,
        );
    const refusal = world.refusals[String(Action)];
    if (refusal !== undefined) return error(403, refusal);
    if (Action !== 'ListSubscriptionsByTopic' || Version !== '2010-03-31') return error(400, 'InvalidAction');
    if (TopicArn !== TOPIC) return error(404, 'NotFound');
    const members = world.subscriptions.map(
      ({ SubscriptionArn }) =>
        `<member><TopicArn>${TOPIC}</TopicArn><SubscriptionArn>${SubscriptionArn}</SubscriptionArn></member>`,
    );
    const listed =
      members.length === 0 ? '<Subscriptions/>' : `<Subscriptions>${members.join('')}</Subscriptions>`;
    return response
      .writeHead(200, { 'content-type': 'text/xml' })
      .end(
        `<ListSubscriptionsByTopicResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ListSubscriptionsByTopicResult>${listed}</ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`,
      );
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const body = await text(request);
    const [, call] =
      /^GraniteServiceVersion20100801\.(\w+)$/.exec(String(request.headers['x-amz-target'])) ?? [];
    if (call === undefined) {
      return request.method === 'GET' ? lambda(String(request.url), response) : sns(body, response);
    }
    world.calls.push(call);
    const refusal = world.refusals[call];
    if (refusal !== undefined) return json(response, 400, { __type: refusal, message: 'may not' });
    return json(response, 200, call === 'DescribeAlarms' ? describeAlarms(body) : getMetricData(body));
  }

  const server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}`;
  return {
    world,
    environment: {
      AWS_ENDPOINT_URL_CLOUDWATCH: address,
      AWS_ENDPOINT_URL_LAMBDA: address,
      AWS_ENDPOINT_URL_SNS: address,
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Has a command take a day for today: of what depends on the calendar, tests are not to. */
export const onDay = (day: string): string[] => [
  '--import',
  `data:text/javascript,${encodeURIComponent(
    `const now = Date.now; const by = Date.parse('${day}') - now(); Date.now = () => now() + by;`,
  )}`,
];
