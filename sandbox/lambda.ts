import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const RUNTIME = new URL('./lambda-runtime.ts', import.meta.url).pathname;

export interface LambdaOptions {
  functionName: string;
  /** Path of the built bundle that exports `handler`. */
  bundle: string;
  /** The whole environment of the function: nothing is inherited. */
  environment: Record<string, string>;
  /** Default 60 seconds, as deployed. */
  timeoutMs?: number;
  /** Every line that the function prints. */
  onLog?(line: string): void;
}

export interface Lambda {
  /** Rejects when the function throws, dies, or is out of time. The next invocation then meets a fresh instance. */
  invoke(event: unknown): Promise<unknown>;
  /** The process of the instance, while one is up. */
  pid(): number | undefined;
  /** Puts the clock of the instance, while one is up, forward or back. A fresh one has the right time. */
  stepClock(byMs: number): void;
  /** Ends the instance. The next invocation meets a fresh one. */
  stop(): Promise<void>;
}

/** One instance of a function in a process of its own, as in Lambda: one invocation at a time, killed when it overruns. */
export function startLambda({
  functionName,
  bundle,
  environment,
  timeoutMs = 60_000,
  onLog,
}: LambdaOptions): Lambda {
  let instance: Promise<ChildProcess> | undefined;
  let running: ChildProcess | undefined;

  async function coldStart(): Promise<ChildProcess> {
    const child = fork(RUNTIME, [bundle, functionName], {
      env: {
        AWS_LAMBDA_FUNCTION_NAME: functionName,
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        ...environment,
      },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    running = child;
    const printed: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        printed.push(line);
        onLog?.(line);
      });
    }
    child.once('exit', () => {
      instance = undefined;
      running = undefined;
    });
    const ready = once(child, 'message');
    const ended = once(child, 'close').then(() => {
      throw new Error(`${functionName} did not start:\n${printed.join('\n')}`);
    });
    await Promise.race([ready, ended]);
    ended.catch(() => {});
    return child;
  }

  return {
    async invoke(event) {
      instance ??= coldStart();
      const child = await instance;
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      try {
        return await new Promise((resolve, reject) => {
          const died = () => reject(new Error(`${functionName} died`));
          child.once('exit', died);
          child.once('message', (answer: { result?: unknown; error?: string }) => {
            child.off('exit', died);
            if (answer.error === undefined) resolve(answer.result);
            else reject(new Error(answer.error));
          });
          child.send({ event, requestId: randomUUID(), timeoutMs });
        });
      } finally {
        clearTimeout(timer);
      }
    },
    pid: () => running?.pid,
    stepClock(byMs) {
      // One that is just dying may have closed its channel, and needs no clock any more.
      running?.send({ stepClockMs: byMs }, () => {});
    },
    async stop() {
      const child = running;
      if (child === undefined) return;
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
