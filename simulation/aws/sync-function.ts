import type { SQSRecord } from 'aws-lambda';
import type { Config } from '../../lib/config.ts';
import { type Surroundings, startSyncInstance } from '../../lib/sync-instance.ts';
import type { Telemetry } from '../../lib/telemetry.ts';
import type { Chance } from '../chance.ts';
import { createHost, type Host } from '../time/host.ts';
import type { Scheduled, Timeline } from '../time/timeline.ts';
import type { InvocationEnd } from './event-source.ts';

export interface SyncFunctionOptions {
  timeline: Timeline;
  chance: Chance;
  /** As it is deployed at the moment; undefined where what is deployed does not start. */
  config(): Config | undefined;
  surroundings(host: Host): Omit<Surroundings, 'clock'>;
  telemetry(host: Host): Telemetry;
  /** The Errors metric. */
  onError(): void;
  onBegin(host: Host, requestId: string, records: SQSRecord[], again: boolean): void;
}

interface Instance {
  host: Host;
  work: ReturnType<typeof startSyncInstance>;
  /** What it has in hand. */
  invocation: { onEnd(end: InvocationEnd): void; timeUp: Scheduled } | undefined;
  idleSince: number;
  idleForMs: number;
  endsAt: number;
}

const TIMEOUT_MS = 60_000;
const COLD_START_MS = [180, 600] as const;
const BROKEN_START_MS = 900;
const MINUTE_MS = 60_000;
/** Lambda takes an instance away that has had nothing to do for so long, and any after some hours. */
const IDLE_MS = [5 * MINUTE_MS, 45 * MINUTE_MS] as const;
const LIFE_MS = [60 * MINUTE_MS, 8 * 60 * MINUTE_MS] as const;
/** How far the clocks of instances are off. */
const CLOCK_OFFSET_MS = 400;

/** The function sync-contact: its instances, which start cold, freeze, die, run out of time and are replaced. */
export function createSyncFunction({
  timeline,
  chance,
  config,
  surroundings,
  telemetry,
  onError,
  onBegin,
}: SyncFunctionOptions) {
  let instances: Instance[] = [];
  let started = 0;
  let requests = 0;

  function end(instance: Instance, how: InvocationEnd): void {
    const { invocation } = instance;
    if (invocation === undefined) return;
    instance.invocation = undefined;
    invocation.timeUp.cancel();
    instance.idleSince = timeline.now();
    instance.host.freeze();
    invocation.onEnd(how);
  }

  /** The process is gone, and with it all that the instance knew. */
  function gone(instance: Instance): void {
    instance.host.kill();
    instances = instances.filter((other) => other !== instance);
    onError();
    end(instance, 'failed');
  }

  function warm(): Instance | undefined {
    const now = timeline.now();
    instances = instances.filter(
      ({ invocation, idleSince, idleForMs, endsAt }) =>
        invocation !== undefined || (now - idleSince < idleForMs && now < endsAt),
    );
    return instances.findLast(({ invocation }) => invocation === undefined);
  }

  function cold(deployed: Config): Instance {
    started += 1;
    const host = createHost(timeline, `sync-${started}`, chance.between(-CLOCK_OFFSET_MS, CLOCK_OFFSET_MS));
    const instance: Instance = {
      host,
      work: startSyncInstance(deployed, telemetry(host), { ...surroundings(host), clock: host.clock }),
      invocation: undefined,
      idleSince: timeline.now(),
      idleForMs: chance.between(...IDLE_MS),
      endsAt: timeline.now() + chance.between(...LIFE_MS),
    };
    instances.push(instance);
    return instance;
  }

  function run(instance: Instance, records: SQSRecord[], again: boolean): void {
    requests += 1;
    const requestId = `request-${requests}`;
    const { host } = instance;
    onBegin(host, requestId, records, again);
    // Lambda computes it from the time of day, and an instance's may be off.
    const remainingMs = TIMEOUT_MS - Math.round(host.clock.timeOfDay() - timeline.now());
    instance.work({ Records: records }, { requestId, remainingMs }).then(
      ({ batchItemFailures }) => {
        if (host.isAlive())
          end(instance, {
            failedIds: new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)),
          });
      },
      () => gone(instance),
    );
  }

  return {
    invoke(records: SQSRecord[], again: boolean, onEnd: (how: InvocationEnd) => void): void {
      const idle = warm();
      const deployed = idle === undefined ? config() : undefined;
      if (idle === undefined && deployed === undefined) {
        timeline.after(BROKEN_START_MS, () => {
          onError();
          onEnd('failed');
        });
        return;
      }
      const instance = idle ?? (deployed && cold(deployed));
      if (instance === undefined) return;
      const timeUp = timeline.after(TIMEOUT_MS, () => gone(instance));
      instance.invocation = { onEnd, timeUp };
      instance.host.thaw();
      const begin = () => run(instance, records, again);
      if (idle === undefined) instance.host.after(chance.between(...COLD_START_MS), begin);
      else begin();
    },

    /** The process on this host ends, whatever it is at. */
    die(host: Host): void {
      const instance = instances.find((other) => other.host === host);
      if (instance !== undefined) gone(instance);
    },

    /** A deployment: whoever has something in hand may end it. */
    replaceAll(): void {
      for (const instance of instances) instance.endsAt = 0;
    },

    stepClocks(byMs: () => number): void {
      for (const { host } of instances) host.stepClock(byMs());
    },
  };
}
