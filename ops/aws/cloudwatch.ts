import * as z from 'zod/mini';
import { sendRead } from './aws-call.ts';

const cloudWatchCall = (region: string, operation: string, body: object) =>
  ({
    service: 'monitoring',
    region,
    method: 'POST',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
    },
    body: JSON.stringify(body),
  }) as const;

const alarm = z.object({
  AlarmName: z.string(),
  ActionsEnabled: z.optional(z.boolean()),
  AlarmActions: z.optional(z.array(z.string())),
  StateValue: z.optional(z.string()),
});
export type Alarm = z.infer<typeof alarm>;

const alarms = z.object({ MetricAlarms: z.optional(z.array(alarm)), NextToken: z.optional(z.string()) });

/** Every metric alarm whose name begins so. It takes `cloudwatch:DescribeAlarms`. */
export async function alarmsNamed(region: string, AlarmNamePrefix: string): Promise<Alarm[]> {
  const found: Alarm[] = [];
  let NextToken: string | undefined;
  do {
    const body = { AlarmNamePrefix, AlarmTypes: ['MetricAlarm'], MaxRecords: 100, NextToken };
    const page = alarms.parse(await sendRead(cloudWatchCall(region, 'DescribeAlarms', body)));
    found.push(...(page.MetricAlarms ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
}

/** One figure: a statistic of a metric over some time. */
export interface Figure {
  namespace: string;
  metric: string;
  dimensions: Readonly<Record<string, string>>;
  /** `Sum`, `Maximum`, `p50` and so on. */
  statistic: string;
}

const values = z.object({
  MetricDataResults: z.array(z.object({ Id: z.string(), Values: z.optional(z.array(z.number())) })),
});

/**
 * Figures of the time from `fromMs` to `toMs`, in one call. One of which there is nothing is left out. It takes
 * `cloudwatch:GetMetricData`.
 */
export async function figures(
  region: string,
  wanted: Readonly<Record<string, Figure>>,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<ReadonlyMap<string, number>> {
  const all = Object.entries(wanted);
  const queries = all.map(([, { namespace, metric, dimensions, statistic }], index) => ({
    Id: `m${index}`,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: metric,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      // One period for all of it. CloudWatch may still cut it in two.
      Period: Math.ceil((toMs - fromMs) / 60_000) * 60,
      Stat: statistic,
    },
    ReturnData: true,
  }));
  const body = {
    MetricDataQueries: queries,
    StartTime: Math.floor(fromMs / 1_000),
    EndTime: Math.ceil(toMs / 1_000),
    ScanBy: 'TimestampDescending',
  };
  const { MetricDataResults } = values.parse(await sendRead(cloudWatchCall(region, 'GetMetricData', body)));
  return new Map(
    MetricDataResults.flatMap(({ Id, Values = [] }) => {
      const [name, figure] = all[Number(Id.slice(1))] ?? [];
      const [latest] = Values;
      if (name === undefined || latest === undefined) return [];
      const value = figure?.statistic === 'Sum' ? Values.reduce((sum, one) => sum + one, 0) : latest;
      return [[name, value] as const];
    }),
  );
}
