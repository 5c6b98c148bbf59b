import { type Stack, type StackOptions, startStack } from '../../../sandbox/stack.ts';
import { createChronicle } from '../../../sandbox/window/chronicle.ts';
import { openWindow } from '../../../sandbox/window/server.ts';

/** A stack with a window on it. Nothing of the tour waits for readers, unless told to. */
export async function startWindow({
  port = 0,
  paceMs = 0,
  ...options
}: StackOptions & { port?: number; paceMs?: number } = {}) {
  let stack: Stack | undefined;
  const running = (): Stack => {
    if (stack === undefined) throw new Error('The stack is not up yet');
    return stack;
  };
  const chronicle = createChronicle({
    hubspot: () => running().hubspot,
    hiddenMs: (receiptHandle) => running().queues.hiddenMs(receiptHandle),
  });
  stack = await startStack({ ...options, watch: chronicle.watch, onLog: chronicle.log });
  const window = await openWindow({ stack, chronicle, port, paceMs });
  return {
    stack,
    chronicle,
    url: window.url,
    async stop(): Promise<void> {
      await window.close();
      await running().stop();
    },
  };
}

export type World = Awaited<ReturnType<typeof startWindow>>;
