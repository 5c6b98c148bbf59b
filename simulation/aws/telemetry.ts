import type { Telemetry } from '../../lib/telemetry.ts';
import type { Chronicle } from '../chronicle.ts';
import type { Host } from '../time/host.ts';
import type { Metric, Metrics } from './metrics.ts';

/** As POWERTOOLS_METRICS_NAMESPACE of the stage that is simulated. */
export const NAMESPACE = 'WmeHubSpotSync/prod';

export interface TelemetryOptions {
  service: 'sync-contact' | 'publish-verification' | 'reconcile';
  metrics: Metrics;
  chronicle: Chronicle;
  /** Looks at every line as it is written. */
  checkLine(line: string): void;
  /** Every line, before it is written. */
  onLine?: (host: Host, message: string, fields: Record<string, unknown>) => unknown;
  onCount?: (metric: string) => void;
}

/** Logs and metrics of the functions of one service. */
export function createSimulatedTelemetry({
  service,
  metrics,
  chronicle,
  checkLine,
  onLine,
  onCount,
}: TelemetryOptions) {
  const known = new Map<string, Metric>();
  function metricOf(name: string, dimension: Record<string, string> = {}): Metric {
    const key = [name, ...Object.values(dimension)].join(' ');
    const metric =
      known.get(key) ?? metrics.metric({ namespace: NAMESPACE, name, dimensions: { service, ...dimension } });
    known.set(key, metric);
    return metric;
  }

  return (host: Host): Telemetry => {
    const say =
      (level: string) =>
      (message: unknown, ...more: unknown[]): void => {
        const fields: Record<string, unknown> = Object.assign({}, ...more);
        onLine?.(host, String(message), fields);
        const at = new Date(host.clock.timeOfDay()).toISOString();
        const line = JSON.stringify({ level, message, timestamp: at, service, host: host.name, ...fields });
        checkLine(line);
        chronicle.logged(line);
      };
    return {
      logger: { debug: say('DEBUG'), info: say('INFO'), warn: say('WARN'), error: say('ERROR') },
      metrics: {
        addMetric: (name, _unit, value) => metricOf(name).record(value),
      } as Telemetry['metrics'],
      count(name, dimension) {
        onCount?.(name);
        metricOf(name).record(1);
        if (dimension !== undefined) metricOf(name, dimension).record(1);
      },
    };
  };
}
