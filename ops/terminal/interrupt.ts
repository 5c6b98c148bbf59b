/** What Ctrl-C and SIGTERM do from now on. Whoever is at work knows best, so the latest answer takes the others' place. */
export function onInterrupt(answer: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(signal).on(signal, answer);
}
