import type { PoolUser } from '../../lib/reconcile/account.ts';
import { PoolError, type UserPool } from '../../lib/reconcile/user-pool.ts';
import type { Chance } from '../chance.ts';
import type { Host } from '../time/host.ts';
import type { Timeline } from '../time/timeline.ts';

const PAGE = 60;
const CALL_MS = [40, 150] as const;
/** Accounts that nobody has changed for so long are not listed: nobody asks for them, and a year of them takes its time. */
const LISTED_MS = 30 * 86_400_000;

/** An account of the pool, as it is made. */
export interface NewUser {
  sub: string;
  email: string;
  username: string;
  createdAt: number;
  status: 'CONFIRMED' | 'UNCONFIRMED';
  isVerified: boolean;
}

export interface SimulatedUserPool {
  /** The function that the pool calls after a confirmation. */
  postConfirmation: string | undefined;
  /** That a role may read it. */
  isReadable: boolean;
  add(user: NewUser): void;
  /** Somebody deletes their account. */
  remove(sub: string): void;
  /** Such as by a new password. Of an account that is gone, it does nothing. */
  touch(sub: string): void;
  has(sub: string): boolean;
  /** Who is there and was made or changed since then, among others. */
  usersSince(time: number): readonly PoolUser[];
  /** As Cognito tells a program on this machine. */
  readOn(host: Host): UserPool;
}

/** A Cognito user pool. */
export function createUserPool(
  timeline: Timeline,
  chance: Chance,
  postConfirmation: string,
): SimulatedUserPool {
  // Whoever leaves leaves a gap: so a page may hold fewer people, and none is told of twice, or not at all.
  const list: (PoolUser | undefined)[] = [];
  const places = new Map<string, number>();
  let first = 0;
  /** In the order of their latest changes. */
  let changed: PoolUser[] = [];

  const changedAt = ({ UserLastModifiedDate }: PoolUser): number => UserLastModifiedDate?.getTime() ?? 0;

  /** Where the list begins. */
  function beginning(): number {
    const isListed = (user: PoolUser | undefined): boolean =>
      user !== undefined && changedAt(user) > timeline.now() - LISTED_MS;
    while (first < list.length && !isListed(list[first])) first += 1;
    return first;
  }

  const pool: SimulatedUserPool = {
    postConfirmation,
    isReadable: true,
    add({ sub, email, username, createdAt, status, isVerified }) {
      places.set(sub, list.length);
      const user: PoolUser = {
        Username: sub,
        Enabled: true,
        UserStatus: status,
        UserCreateDate: new Date(Math.floor(createdAt)),
        UserLastModifiedDate: new Date(Math.floor(timeline.now())),
        Attributes: [
          { Name: 'sub', Value: sub },
          { Name: 'email', Value: email },
          { Name: 'email_verified', Value: String(isVerified) },
          { Name: 'custom:username', Value: username },
        ],
      };
      list.push(user);
      changed.push(user);
    },
    remove(sub) {
      const place = places.get(sub);
      if (place !== undefined) list[place] = undefined;
      places.delete(sub);
    },
    touch(sub) {
      const user = list[places.get(sub) ?? -1];
      if (user === undefined) return;
      user.UserLastModifiedDate = new Date(Math.floor(timeline.now()));
      changed.push(user);
    },
    has: (sub) => places.has(sub),
    usersSince(time) {
      const since = changed.findIndex((user) => changedAt(user) >= time);
      changed = since === -1 ? [] : changed.slice(since);
      return [...new Set(changed)].filter(({ Username = '' }) => places.has(Username));
    },
    readOn(host) {
      const ask = <Answer>(operation: string, answer: () => Answer): Promise<Answer> =>
        new Promise((resolve, reject) => {
          host.after(chance.between(...CALL_MS), () => {
            if (pool.isReadable) resolve(answer());
            else reject(new PoolError(operation, 'AccessDeniedException'));
          });
        });
      return {
        page: (token) =>
          ask('ListUsers', () => {
            const from = token === undefined ? beginning() : Number(token);
            const to = from + PAGE;
            const users = list.slice(from, to).filter((user) => user !== undefined);
            return { users, next: to < list.length ? String(to) : undefined };
          }),
        describe: () =>
          ask('DescribeUserPool', () => ({
            postConfirmation: pool.postConfirmation,
            estimatedUsers: places.size,
          })),
      };
    },
  };
  return pool;
}
