import { isDeepStrictEqual } from 'node:util';

/** One metric as CloudWatch reads it out of a log line (embedded metric format). */
export interface Metric {
  namespace: string;
  name: string;
  unit: string;
  dimensions: Record<string, string>;
  values: number[];
}

/** CloudWatch's embedded metric format specification. */
interface EmbeddedMetrics extends Record<string, unknown> {
  _aws: {
    CloudWatchMetrics: {
      Namespace: string;
      Dimensions: string[][];
      Metrics: { Name: string; Unit: string }[];
    }[];
  };
}

/** Every metric that is embedded in these lines, in order. */
export const metricsIn = (lines: readonly string[]): Metric[] =>
  lines
    .filter((line) => line.startsWith('{') && line.includes('"CloudWatchMetrics"'))
    .flatMap((line) => {
      const embedded: EmbeddedMetrics = JSON.parse(line);
      return embedded._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
        // Each set of dimensions makes a metric of its own out of the same values.
        Dimensions.flatMap((keys) =>
          Metrics.map(({ Name, Unit }) => ({
            namespace: Namespace,
            name: Name,
            unit: Unit,
            dimensions: Object.fromEntries(keys.map((key) => [key, String(embedded[key])])),
            values: [embedded[Name]].flat().map(Number),
          })),
        ),
      );
    });

/** How much was counted under a name: in all, or under the value of a dimension that splits it. */
export const countIn = (lines: readonly string[], name: string, dimension: Record<string, string> = {}) =>
  metricsIn(lines)
    .filter((metric) => metric.name === name)
    .filter(({ dimensions: { service, ...others } }) => isDeepStrictEqual(others, dimension))
    .flatMap(({ values }) => values)
    .reduce((sum, value) => sum + value, 0);
