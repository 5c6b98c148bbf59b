import type { Clock } from '../../../lib/clock.ts';
import type { PoolUser } from '../../../lib/reconcile/account.ts';
import type { UserPage, UserPool } from '../../../lib/reconcile/user-pool.ts';

export const NOW = new Date('2026-11-24T05:00:00.000Z');
const DAY_MS = 86_400_000;
export const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS);

/** Somebody as `ListUsers` tells of them: confirmed yesterday, with a verified address. */
export const poolUser = (
  number: number,
  { attributes = {}, ...changed }: Partial<PoolUser> & { attributes?: Record<string, string> } = {},
): PoolUser => ({
  Username: `login-${number}`,
  Enabled: true,
  UserStatus: 'CONFIRMED',
  UserCreateDate: daysAgo(1),
  UserLastModifiedDate: daysAgo(1),
  Attributes: Object.entries({
    sub: `sub-${number}`,
    email: `Person.${number}@example.org`,
    email_verified: 'true',
    'custom:username': `Person ${number}`,
    ...attributes,
  }).map(([Name, Value]) => ({ Name, Value })),
  ...changed,
});

/** A pool whose pages have these sizes, one after another and from the first again; 0 is a page of nobody. */
export function memoryPool(
  users: readonly PoolUser[],
  sizes: readonly number[] = [60],
): UserPool & { asked: (string | undefined)[]; postConfirmation: string | undefined } {
  const pool = {
    asked: [] as (string | undefined)[],
    postConfirmation: 'arn:aws:lambda:us-east-1:000000000000:function:ours' as string | undefined,
    async page(token: string | undefined): Promise<UserPage> {
      pool.asked.push(token);
      const [from = 0, page = 0] = (token ?? '').split('.').map(Number);
      const size = sizes[page % sizes.length] ?? 60;
      const to = from + size;
      return { users: users.slice(from, to), next: to < users.length ? `${to}.${page + 1}` : undefined };
    },
    describe: async () => ({ postConfirmation: pool.postConfirmation, estimatedUsers: users.length }),
  };
  return pool;
}

/** Time that passes only while somebody sleeps. */
export function virtualClock() {
  let now = 0;
  const timers = new Set<{ at: number; act: () => void }>();
  const clock = {
    now: () => now,
    timeOfDay: () => NOW.getTime() + now,
    async sleep(ms: number, signal: AbortSignal) {
      signal.throwIfAborted();
      clock.pass(ms);
      signal.throwIfAborted();
    },
    after(ms: number, act: () => void) {
      const timer = { at: now + ms, act };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    /** So much time passes. */
    pass(ms: number) {
      now += ms;
      for (const timer of timers) {
        if (timer.at > now) continue;
        timers.delete(timer);
        timer.act();
      }
    },
  };
  return clock satisfies Clock & { pass(ms: number): void };
}
