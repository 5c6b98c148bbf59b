/** What became of the work before, of the same key: nothing was there, it failed, or it brought a result. */
export type Earlier<T> = 'none' | 'put back' | { done: T };

/** Runs the work of one key one after another, in the order of the calls, and that of different keys in parallel. */
export function takingTurns<T>(): (key: string, work: (earlier: Earlier<T>) => Promise<T>) => Promise<T> {
  const latest = new Map<string, Promise<T>>();
  return (key, work) => {
    const before = latest.get(key);
    const turn =
      before === undefined
        ? work('none')
        : before.then(
            (done) => work({ done }),
            () => work('put back'),
          );
    latest.set(key, turn);
    return turn;
  };
}
