/** What Ctrl-C and SIGTERM do from now on. Whoever is at work knows best, so the latest answer takes the others' place. */
export function onInterrupt(answer: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(signal).on(signal, answer);
}

export interface StopOptions {
  /** What is finished first, such as `the batches under way`. */
  after: string;
  say: (text: string) => void;
  endAtOnce: () => never;
}

/** Ctrl-C once: finish what is under way. Twice: end now. */
export function stopOnInterrupt({ after, say, endAtOnce }: StopOptions): AbortSignal {
  const stop = new AbortController();
  onInterrupt(() => {
    if (stop.signal.aborted) endAtOnce();
    stop.abort();
    say(`Stopping after ${after}. Press Ctrl-C again to stop now.`);
  });
  return stop.signal;
}
