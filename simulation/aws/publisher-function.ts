import type { SQSClient } from '@aws-sdk/client-sqs';
import { openPublisher, type PublisherOptions } from '../../lib/publisher.ts';
import { publishVerification } from '../../lib/publishing.ts';
import type { Chance } from '../chance.ts';
import { createHost, type Host } from '../time/host.ts';
import type { Timeline } from '../time/timeline.ts';

export interface PublisherFunctionOptions {
  timeline: Timeline;
  chance: Chance;
  queueUrl: string;
  sqs(host: Host): Pick<SQSClient, 'send'>;
  telemetry(host: Host): PublisherOptions['telemetry'];
  /** What Lambda does when it is called: it runs, is not started for want of concurrency, or does not come up. */
  state: () => PublisherState;
  /** That an instance dies at its work. */
  dies: () => boolean;
  /** The Errors metric. */
  onError(): void;
  /** The Throttles metric. */
  onThrottle(): void;
}

export type PublisherState = 'runs' | 'throttled' | 'does not start';

const THROTTLED_MS = 15;
const BROKEN_START_MS = 900;
const COLD_START_MS = [250, 900] as const;
/** One cold start in so many is slow enough for Cognito to lose its patience. */
const SLOW_START = 0.02;
const SLOW_START_MS = [4_500, 9_000] as const;
const IDLE_MS = 10 * 60_000;
const TIMEOUT_MS = 5_000;
/** Cognito docs, Lambda triggers: it waits for so long, and tries so often. */
const COGNITO_WAITS_MS = 5_000;
const COGNITO_TRIES = 3;

interface Instance {
  host: Host;
  publish: (event: unknown) => Promise<void>;
  busy: boolean;
  idleSince: number;
}

/** publish-verification, and Cognito, which calls it. */
export function createPublisherFunction(options: PublisherFunctionOptions) {
  const { timeline, chance, queueUrl, sqs, telemetry, state, dies, onError, onThrottle } = options;
  let instances: Instance[] = [];
  let started = 0;

  function start(): Instance {
    started += 1;
    const host = createHost(timeline, `publisher-${started}`, chance.between(-400, 400));
    const onHost = sqs(host);
    const publish = openPublisher({
      publish: (verification, to) => publishVerification(verification, { sqs: onHost, ...to }),
      queueUrl: () => queueUrl,
      telemetry: telemetry(host),
      clock: host.clock,
    });
    const instance: Instance = { host, publish, busy: true, idleSince: timeline.now() };
    instances.push(instance);
    return instance;
  }

  function refuse(state: PublisherState, onEnd: (error: Error) => void): void {
    const isThrottled = state === 'throttled';
    timeline.after(isThrottled ? THROTTLED_MS : BROKEN_START_MS, () => {
      if (isThrottled) onThrottle();
      else onError();
      onEnd(new Error('The publisher was not started'));
    });
  }

  function invoke(event: unknown, onEnd: (error?: Error) => void): void {
    if (state() !== 'runs') {
      refuse(state(), onEnd);
      return;
    }
    const now = timeline.now();
    instances = instances.filter(({ busy, idleSince }) => busy || now - idleSince < IDLE_MS);
    const idle = instances.find(({ busy }) => !busy);
    const instance = idle ?? start();
    instance.busy = true;
    instance.host.thaw();
    const end = (error?: Error) => {
      instance.busy = false;
      instance.idleSince = timeline.now();
      instance.host.freeze();
      onEnd(error);
    };
    const gone = () => {
      timeUp.cancel();
      instance.host.kill();
      instances = instances.filter((other) => other !== instance);
      onError();
      onEnd(new Error('The publisher died'));
    };
    const startMs =
      idle === undefined
        ? chance.happens(SLOW_START)
          ? chance.between(...SLOW_START_MS)
          : chance.between(...COLD_START_MS)
        : 1;
    // What loads is not counted in the time that a function has.
    const timeUp = timeline.after(startMs + TIMEOUT_MS, gone);
    instance.host.after(startMs, () => {
      const dead = dies();
      instance.publish(event).then(() => {
        if (dead) return gone();
        timeUp.cancel();
        end();
      }, gone);
    });
  }

  /** Cognito calls the trigger, up to three times. */
  return function confirm(event: unknown, onEnd: (confirmed: boolean) => void): void {
    let tries = 0;
    function attempt(): void {
      tries += 1;
      let settled = false;
      const settle = (confirmed: boolean) => {
        if (settled) return;
        settled = true;
        patience.cancel();
        if (confirmed || tries === COGNITO_TRIES) onEnd(confirmed);
        else attempt();
      };
      const patience = timeline.after(COGNITO_WAITS_MS, () => settle(false));
      invoke(event, (error) => settle(error === undefined));
    }
    attempt();
  };
}
