import * as z from 'zod';

/** One line of a widget: CloudWatch's own name for a metric, and how it is shown. */
export interface Metric {
  namespace: string;
  name: string;
  dimensions: Readonly<Record<string, string>>;
  label: string;
  stat: string;
  /** Which axis counts. */
  axis: 'left' | 'right';
}

/** A widget's place, in the 24 columns of a dashboard. */
const place = { x: z.int(), y: z.int(), width: z.int(), height: z.int() };

const axis = z.strictObject({
  min: z.optional(z.number()),
  max: z.optional(z.number()),
  label: z.optional(z.string()),
  showUnits: z.optional(z.boolean()),
});

const options = z.strictObject({
  label: z.string(),
  stat: z.enum(['Sum', 'Maximum', 'Minimum', 'p50', 'p95']),
  yAxis: z.optional(z.literal('right')),
});

/** Namespace, name, then dimensions by name and value, then how it is shown ("Dashboard body structure", metric widget). */
const metric = z.array(z.union([z.string(), options])).transform((parts, context): Metric => {
  const shown = options.safeParse(parts.at(-1)).data;
  const [namespace, name, ...dimensions] = parts.filter((part) => typeof part === 'string');
  if (
    shown === undefined ||
    namespace === undefined ||
    name === undefined ||
    dimensions.length + 3 !== parts.length
  ) {
    context.addIssue('not a metric with its options');
    return z.NEVER;
  }
  const pairs = dimensions.flatMap((key, index) =>
    index % 2 === 0 ? [[key, dimensions[index + 1] ?? ''] as const] : [],
  );
  return {
    namespace,
    name,
    dimensions: Object.fromEntries(pairs),
    label: shown.label,
    stat: shown.stat,
    axis: shown.yAxis ?? 'left',
  };
});

// Strict: a property that the picture does not know would be left out without a word.
const metricWidget = z.strictObject({
  type: z.literal('metric'),
  ...place,
  properties: z.strictObject({
    title: z.string(),
    view: z.enum(['timeSeries', 'singleValue']),
    region: z.string(),
    period: z.int(),
    stacked: z.optional(z.boolean()),
    setPeriodToTimeRange: z.optional(z.boolean()),
    yAxis: z.optional(z.strictObject({ left: z.optional(axis), right: z.optional(axis) })),
    annotations: z.optional(
      z.strictObject({ horizontal: z.array(z.strictObject({ label: z.string(), value: z.number() })) }),
    ),
    metrics: z.array(metric),
  }),
});
const alarmWidget = z.strictObject({
  type: z.literal('alarm'),
  ...place,
  properties: z.strictObject({ title: z.string(), alarms: z.array(z.string()) }),
});
const body = z.strictObject({
  start: z.string(),
  periodOverride: z.literal('inherit'),
  widgets: z.array(z.discriminatedUnion('type', [metricWidget, alarmWidget])),
});

export type Widget = z.infer<typeof body>['widgets'][number];
export type MetricWidget = z.infer<typeof metricWidget>;

const template = z.object({
  Resources: z.object({
    Dashboard: z.object({ Properties: z.object({ DashboardBody: z.object({ 'Fn::Sub': z.string() }) }) }),
  }),
});

/**
 * The widgets of a packaged template's dashboard. What CloudFormation will put in for a resource is its logical name here.
 *
 * @throws an error that says what is unknown to the picture
 */
export function widgetsOf(templateJson: string): readonly Widget[] {
  const { DashboardBody } = template.parse(JSON.parse(templateJson)).Resources.Dashboard.Properties;
  return body.parse(JSON.parse(DashboardBody['Fn::Sub'].replaceAll(/\$\{([^}]+)\}/g, '$1'))).widgets;
}
