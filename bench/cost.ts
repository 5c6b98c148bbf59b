import { existsSync, readFileSync } from 'node:fs';
import Table from 'cli-table3';
import * as z from 'zod';
import { signUpConfirmed } from '../sandbox/sign-up.ts';
import { startStack } from '../sandbox/stack.ts';
import { say } from './say.ts';

/**
 * US East (N. Virginia), in dollars: list prices as known in November 2026, not read off AWS's pages on that day. No free
 * tier is taken off: accounts share it.
 */
const PRICE = {
  lambdaGbSecondArm: 0.0000133334,
  lambdaRequest: 0.2 / 1e6,
  sqsFifoRequest: 0.5 / 1e6,
  logsIngestedGb: 0.5,
  logsKeptGbMonth: 0.03,
  metricMonth: 0.3,
  alarmMetricMonth: 0.1,
  dashboardMonth: 3,
  kmsRequest: 0.03 / 1e4,
  dataOutGb: 0.09,
};

/** What is not measured here. docs/cost.md says why these. */
const ASSUMED = {
  existingShare: 0.01,
  hubspotSeconds: 0.3,
  publishSeconds: 0.03,
  coldStartSeconds: 0.5,
  memoryGb: 0.5,
  /** START, END and REPORT, which Lambda writes for each invocation. */
  platformLogBytes: 450,
  /** A request to HubSpot with its headers, and TLS. */
  dataOutBytes: 1_500,
  /** Five pollers that wait 20 seconds each time. */
  emptyReceives: 5 * 3 * 60 * 24 * 30,
  logMonths: 6,
  reconcileSeconds: 30 * 300,
};

const TEMPLATE = '.serverless/cloudformation-template-update-stack.json';
const SIGN_UPS = 20;
const WITHIN_MS = 60_000;

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.optional(z.object({ Metrics: z.optional(z.array(z.looseObject({}))) })),
    }),
  ),
});
const emfSchema = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});

/** The series of metrics in a log line; each is billed for the hours in which it has a value. */
function seriesIn(line: string): string[] {
  if (!line.startsWith('{')) return [];
  const parsed: unknown = JSON.parse(line);
  const emf = emfSchema.safeParse(parsed).data;
  if (emf === undefined) return [];
  return emf._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name }) => [Name, ...names.map((name) => `${name}=${emf[name]}`)].join(' ')),
    ),
  );
}

/** One sign-up after another, as they come in a quiet hour: what the functions log and count. */
async function measure() {
  const lines: string[] = [];
  const stack = await startStack({
    instances: 1,
    environment: { HUBSPOT_REQUESTS_PER_10S: '1000000' },
    hubspot: { requestsPer10s: Number.POSITIVE_INFINITY },
    logKey: 'a-key-of-the-measurement-and-no-secret',
    onLog: (line) => lines.push(line),
  });
  try {
    for (let index = 0; index < SIGN_UPS; index += 1) {
      const person = { email: `person-${index}@example.org`, username: `Person ${index}` };
      await stack.publishVerification.invoke(signUpConfirmed(person));
      await stack.drained({ withinMs: WITHIN_MS });
    }
    const logBytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0) / SIGN_UPS;
    const old = { email: 'old@example.org', username: 'Old' };
    stack.hubspot.portal.createContact({ email: old.email }, { createdAt: Date.now() - 365 * 864e5 });
    await stack.publishVerification.invoke(signUpConfirmed(old));
    await stack.drained({ withinMs: WITHIN_MS });
    return { logBytes, series: new Set(lines.flatMap(seriesIn)) };
  } finally {
    await stack.stop();
  }
}

function deployed() {
  const { Resources } = templateSchema.parse(JSON.parse(readFileSync(TEMPLATE, 'utf8')));
  const alarms = Object.values(Resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  return {
    // A computed alarm is billed for each metric that it computes with.
    alarmMetrics: alarms.reduce(
      (sum, { Properties }) =>
        sum + (Properties?.Metrics?.filter((metric) => 'MetricStat' in metric).length || 1),
      0,
    ),
    dashboards: Object.values(Resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Dashboard').length,
  };
}

type Measured = Awaited<ReturnType<typeof measure>>;

/** A month with so many sign-ups, item by item, in dollars. */
function month(
  signUps: number,
  { logBytes, series }: Measured,
  { alarmMetrics, dashboards }: ReturnType<typeof deployed>,
) {
  const calls = 1 + 2 * ASSUMED.existingShare;
  // A thousand a month is one in 43 minutes: every start is a cold one. A million keeps two instances of each warm.
  const coldStarts = Math.min(2 * signUps, 4 * 24 * 30);
  const seconds =
    signUps * (calls * ASSUMED.hubspotSeconds + ASSUMED.publishSeconds) +
    coldStarts * ASSUMED.coldStartSeconds +
    ASSUMED.reconcileSeconds;
  const gb = (signUps * (logBytes + 2 * ASSUMED.platformLogBytes)) / 1e9;
  return {
    'Lambda, time': seconds * ASSUMED.memoryGb * PRICE.lambdaGbSecondArm,
    'Lambda, invocations': 2 * signUps * PRICE.lambdaRequest,
    'SQS, three requests a sign-up': 3 * signUps * PRICE.sqsFifoRequest,
    'SQS, polling an empty queue': ASSUMED.emptyReceives * PRICE.sqsFifoRequest,
    'logs, written': gb * PRICE.logsIngestedGb,
    'logs, kept for 180 days': gb * ASSUMED.logMonths * PRICE.logsKeptGbMonth,
    [`${series.size} metrics`]: series.size * PRICE.metricMonth,
    [`alarms on ${alarmMetrics} metrics`]: alarmMetrics * PRICE.alarmMetricMonth,
    ...(dashboards > 0 && { [`${dashboards} dashboard`]: dashboards * PRICE.dashboardMonth }),
    'KMS, token and key at a cold start': coldStarts * PRICE.kmsRequest,
    'data out to HubSpot': ((signUps * calls * ASSUMED.dataOutBytes) / 1e9) * PRICE.dataOutGb,
  };
}

/**
 * Computes what a thousand and a million sign-ups cost, from what the functions were measured to write and from what is
 * packaged.
 *
 * @returns false where nothing is packaged
 */
export async function computeCost(): Promise<boolean> {
  if (!existsSync(TEMPLATE)) {
    say(`There is no ${TEMPLATE}. First: npx serverless package --stage prod`);
    return false;
  }
  const measured = await measure();
  const [thousand, million] = [1_000, 1_000_000].map((signUps) => month(signUps, measured, deployed()));
  const inDollars = (value = 0): string => (value < 0.005 ? '0.00' : value.toFixed(2));
  const total = (items = {}): number => Object.values<number>(items).reduce((sum, value) => sum + value, 0);
  const table = new Table({
    head: ['$ a month', 'a thousand sign-ups', 'a million'],
    colAligns: ['left', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const [item, cost] of Object.entries(thousand ?? {})) {
    table.push([
      item,
      inDollars(cost),
      inDollars(Object.entries(million ?? {}).find(([name]) => name === item)?.[1]),
    ]);
  }
  table.push(['all of it', inDollars(total(thousand)), inDollars(total(million))]);
  say(
    `Log lines of a new user's sign-up, both functions: ${Math.round(measured.logBytes)} bytes (mean of ${SIGN_UPS}).`,
  );
  say(`Metrics: ${[...measured.series].toSorted().join(', ')}.`);
  say(table.toString());
  return true;
}
