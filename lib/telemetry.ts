import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** Namespace and service name of metrics and logs, unless POWERTOOLS_METRICS_NAMESPACE and POWERTOOLS_SERVICE_NAME say otherwise. */
const NAMESPACE = 'WmeHubSpotSync';

/** JSON logs and embedded metrics (EMF), both on standard output. People appear in logs under a keyed hash, and in metrics not at all. */
export interface Telemetry {
  logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
  metrics: Pick<Metrics, 'addMetric'>;
  /** Counts one occurrence. A dimension splits the metric by a value of its own; without it, there is the total. */
  count(metric: string, dimension?: Record<string, string>): void;
}

/** @param service the function's name, as the alarms know it */
export function createTelemetry(service: string): Telemetry & { logger: Logger; metrics: Metrics } {
  const serviceName = process.env.POWERTOOLS_SERVICE_NAME || service;
  const logger = new Logger({ serviceName });
  // Metrics has nothing but warnings to give, and that a batch had nothing to count deserves none.
  const quietly = (said: unknown): void => logger.debug(String(said));
  const metrics = new Metrics({
    serviceName,
    logger: { debug: quietly, info: quietly, warn: quietly, error: quietly },
    namespace: process.env.POWERTOOLS_METRICS_NAMESPACE || NAMESPACE,
  });
  return {
    logger,
    metrics,
    count(metric, dimension) {
      if (dimension === undefined) {
        metrics.addMetric(metric, MetricUnit.Count, 1);
        return;
      }
      const single = metrics.singleMetric();
      // Two sets, and so two metrics out of one line: the service's total, and this value's part of it.
      single.addDimensions({});
      single.addDimensions(dimension);
      single.addMetric(metric, MetricUnit.Count, 1);
    },
  };
}

/**
 * What may be said of an unexpected error: its name, its code and where it was thrown. Its message may quote anything.
 */
export function describeError(error: unknown): { name: string; code?: string; stack?: string[] } {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  // The message stands in the stack, and may have lines of its own that look like places in the code.
  const stack = error.stack
    ?.replace(error.message, '')
    .split('\n')
    .filter((line) => /^ +at .+:\d+:\d+\)?$/.test(line))
    .map((line) => line.trim());
  return { name: error.name, ...(code !== undefined && { code }), ...(stack !== undefined && { stack }) };
}
