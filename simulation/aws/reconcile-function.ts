import type { ReconcileConfig } from '../../lib/reconcile/config.ts';
import { type ReconcileSurroundings, startReconcileInstance } from '../../lib/reconcile/instance.ts';
import type { Telemetry } from '../../lib/telemetry.ts';
import type { Chance } from '../chance.ts';
import { createHost, type Host } from '../time/host.ts';
import type { Timeline } from '../time/timeline.ts';

export interface ReconcileFunctionOptions {
  timeline: Timeline;
  chance: Chance;
  /** As it is deployed at the moment. */
  config(): ReconcileConfig;
  surroundings(host: Host): Omit<ReconcileSurroundings, 'clock'>;
  telemetry(host: Host): Telemetry;
  /** The Errors metric. */
  onError(): void;
  /** Told of every try, and by what comes back, of its end. */
  onBegin(): { onEnd(isDone: boolean): void };
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** cron(0 5 * * ? *) in infrastructure/reconcile.yml; EventBridge keeps to the minute. */
const AT_MS = 5 * 60 * MINUTE_MS;
const TIMEOUT_MS = 15 * MINUTE_MS;
const COLD_START_MS = [250, 900] as const;
/** Lambda docs, asynchronous invocation: two more tries, a minute and two minutes later, under the same request ID. */
const RETRIED_AFTER_MS = [MINUTE_MS, 2 * MINUTE_MS] as const;
const CLOCK_OFFSET_MS = 400;

interface Instance {
  host: Host;
  reconcile: ReturnType<typeof startReconcileInstance>;
  /** Ends the try that is under way. */
  gone: () => void;
}

/** The function reconcile, and what calls it: EventBridge once a day, and an operator. */
export function createReconcileFunction({
  timeline,
  chance,
  config,
  surroundings,
  telemetry,
  onError,
  onBegin,
}: ReconcileFunctionOptions) {
  let started = 0;
  let invocations = 0;
  let instances: Instance[] = [];

  function start(): Instance {
    started += 1;
    const host = createHost(
      timeline,
      `reconcile-${started}`,
      chance.between(-CLOCK_OFFSET_MS, CLOCK_OFFSET_MS),
    );
    const reconcile = startReconcileInstance(config(), telemetry(host), {
      ...surroundings(host),
      clock: host.clock,
    });
    const instance: Instance = { host, reconcile, gone: () => undefined };
    instances.push(instance);
    return instance;
  }

  function invoke(): void {
    invocations += 1;
    const requestId = `comparison-${invocations}`;

    function attempt(number: number, warm?: Instance): void {
      const begun = onBegin();
      const instance = warm ?? start();
      const { host, reconcile } = instance;
      const startMs = warm === undefined ? chance.between(...COLD_START_MS) : 1;
      function end(error: 'none' | 'thrown' | 'died'): void {
        timeUp.cancel();
        begun.onEnd(error === 'none');
        if (error !== 'none') onError();
        const afterMs = error === 'none' ? undefined : RETRIED_AFTER_MS[number];
        // A process that has thrown is there for the next try.
        const stays = error === 'thrown' && afterMs !== undefined;
        instance.gone = () => undefined;
        if (stays) host.freeze();
        else {
          host.kill();
          instances = instances.filter((other) => other !== instance);
        }
        if (afterMs !== undefined)
          timeline.after(afterMs, () => attempt(number + 1, stays ? instance : undefined));
      }
      instance.gone = () => end('died');
      const timeUp = timeline.after(startMs + TIMEOUT_MS, instance.gone);
      host.thaw();
      host.after(startMs, () => {
        reconcile({ requestId, remainingMs: TIMEOUT_MS }).then(
          () => host.isAlive() && end('none'),
          () => host.isAlive() && end('thrown'),
        );
      });
    }
    attempt(0);
  }

  function everyDay(at: number): void {
    timeline.at(at + chance.between(0, MINUTE_MS), () => {
      invoke();
      everyDay(at + DAY_MS);
    });
  }
  everyDay(Math.ceil((timeline.now() - AT_MS) / DAY_MS) * DAY_MS + AT_MS);

  return {
    invoke,
    /** The process on this host ends, whatever it is at. */
    die(host: Host): void {
      instances.find((other) => other.host === host)?.gone();
    },
  };
}
