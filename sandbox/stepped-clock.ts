const RealDate = Date;
let steppedByMs = 0;
const now = (): number => RealDate.now() + steppedByMs;

/** Puts the clock of this process forward or, below 0, back. `performance` and timers go on as they did. */
export function stepClock(byMs: number): void {
  steppedByMs += byMs;
}

/** From now on `Date` goes by the clock that {@link stepClock} steps. */
export function followSteppedClock(): void {
  globalThis.Date = new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
}
