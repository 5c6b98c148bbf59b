/** What became of the work before, of the same key: nothing was there, it was done, or it failed. */
export type Earlier = 'none' | 'done' | 'put back';

/** Runs the work of one key one after another, in the order of the calls, and that of different keys in parallel. */
export function takingTurns(): (key: string, work: (earlier: Earlier) => Promise<void>) => Promise<void> {
  const latest = new Map<string, Promise<void>>();
  return (key, work) => {
    const before = latest.get(key);
    const turn =
      before === undefined
        ? work('none')
        : before.then(
            () => work('done'),
            () => work('put back'),
          );
    latest.set(key, turn);
    return turn;
  };
}
