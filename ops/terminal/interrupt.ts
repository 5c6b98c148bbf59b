let answerNow: (() => void) | undefined;

/**
 * What Ctrl-C and SIGTERM do from now on. Whoever is at work knows best, so the latest answer takes the others' place. The
 * listener itself stays: Node forgets a signal that has come, and not yet been told, when its last listener is taken away.
 */
export function onInterrupt(answer: () => void): void {
  if (answerNow === undefined) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => answerNow?.());
  }
  answerNow = answer;
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
