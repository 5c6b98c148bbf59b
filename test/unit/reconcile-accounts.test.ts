import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountOf, type PoolUser } from '../../lib/reconcile/account.ts';
import { accountsSince, type Batch, type Position } from '../../lib/reconcile/accounts.ts';
import type { UserPool } from '../../lib/reconcile/user-pool.ts';
import { daysAgo, memoryPool, poolUser, virtualClock } from './support/pool.ts';

const never = new AbortController().signal;
const since = daysAgo(3);

describe('who of a pool belongs into HubSpot', () => {
  it('is confirmed, has a verified address, and is as their sign-up would have sent them', () => {
    expect(accountOf(poolUser(1), since)).toEqual({
      sub: 'sub-1',
      verification: {
        email: 'Person.1@example.org',
        username: 'Person 1',
        verifiedAt: daysAgo(1).toISOString(),
      },
    });
  });

  it.each<[string, PoolUser, boolean]>([
    ['has not entered the code', poolUser(1, { UserStatus: 'UNCONFIRMED' }), false],
    ['is to choose a new password', poolUser(1, { UserStatus: 'RESET_REQUIRED' }), true],
    ['was made by an administrator', poolUser(1, { UserStatus: 'FORCE_CHANGE_PASSWORD' }), false],
    ['comes from elsewhere', poolUser(1, { UserStatus: 'EXTERNAL_PROVIDER' }), false],
    ['was shut out', poolUser(1, { Enabled: false }), false],
    ['has an address that nobody verified', poolUser(1, { attributes: { email_verified: 'false' } }), false],
    ['has one that was cleared', poolUser(1, { attributes: { email_verified: '' } }), false],
    ['was made at that very time', poolUser(1, { UserCreateDate: since }), true],
    [
      'was made at that very time, and changed at none that the pool tells',
      { ...poolUser(1, { UserCreateDate: since }), UserLastModifiedDate: undefined },
      true,
    ],
    [
      'was made since then, and changed at no time that the pool tells',
      { ...poolUser(1), UserLastModifiedDate: undefined },
      true,
    ],
    [
      'was made before, and changed at no time that the pool tells',
      { ...poolUser(1, { UserCreateDate: daysAgo(4) }), UserLastModifiedDate: undefined },
      false,
    ],
    ['was made at no time that the pool tells', { ...poolUser(1), UserCreateDate: undefined }, false],
    ['has no attributes', { ...poolUser(1), Attributes: undefined }, false],
    [
      'was made before',
      poolUser(1, { UserCreateDate: daysAgo(4), UserLastModifiedDate: daysAgo(3.1) }),
      false,
    ],
    [
      'was made long before, and has confirmed since',
      poolUser(1, { UserCreateDate: daysAgo(90), UserLastModifiedDate: since }),
      true,
    ],
  ])('somebody who %s', (_, user, belongs) => {
    expect(typeof accountOf(user, since) === 'object').toBe(belongs);
  });

  it('somebody whose account was made long ago counts as verified then', () => {
    const user = poolUser(1, { UserCreateDate: daysAgo(90), UserLastModifiedDate: daysAgo(1) });
    expect(accountOf(user, since)).toMatchObject({
      verification: { verifiedAt: daysAgo(90).toISOString() },
    });
  });

  it('takes the name of the account where the chosen one is empty, and no sub that is none', () => {
    const user = poolUser(1, { attributes: { 'custom:username': '', sub: 'ada@example.org' } });
    expect(accountOf(user, since)).toMatchObject({ sub: undefined, verification: { username: 'login-1' } });
  });

  it('takes no sub where the pool tells none', () => {
    const { Attributes = [], ...user } = poolUser(1);
    const others = Attributes.filter(({ Name }) => Name !== 'sub');
    expect(accountOf({ ...user, Attributes: others }, since)).toMatchObject({ sub: undefined });
  });

  it.each(['email', 'custom:username'])('tells that nobody can be sent without %s', (missing) => {
    const { Attributes = [], ...user } = poolUser(1);
    const others = Attributes.filter(({ Name }) => Name !== missing);
    expect(accountOf({ ...user, Attributes: others, Username: undefined }, since)).toBe('unusable');
  });

  it.each([{ email: '' }, { email: 'no address' }, { 'custom:username': 'x'.repeat(256) }])(
    'tells what no message can carry: %j',
    (attributes) => {
      expect(accountOf(poolUser(1, { attributes }), since)).toBe('unusable');
    },
  );
});

const collect = async (
  pool: Pick<UserPool, 'page'>,
  from?: Position,
): Promise<{ batches: Batch[]; emails: string[] }> => {
  const batches: Batch[] = [];
  for await (const batch of accountsSince(pool, {
    since,
    clock: virtualClock(),
    stop: never,
    ...(from && { from }),
  }))
    batches.push(batch);
  return { batches, emails: batches.flatMap(emailsOf) };
};
const emailsOf = ({ accounts }: Batch) => accounts.map(({ verification }) => verification.email);

describe('the pool, batch by batch', () => {
  it('brings everybody once, in batches of a hundred at most, however its pages come; and goes on from any of them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('in', 'out'), { maxLength: 450 }),
        fc
          .array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 5 })
          .filter((sizes) => sizes.some((n) => n > 0)),
        async (kinds, sizes) => {
          const users = kinds.map((kind, n) =>
            poolUser(n, kind === 'in' ? {} : { UserStatus: 'UNCONFIRMED' }),
          );
          const expected = kinds.flatMap((kind, n) => (kind === 'in' ? [`Person.${n}@example.org`] : []));
          const pool = memoryPool(users, sizes);
          const { batches, emails } = await collect(pool);
          expect(emails).toEqual(expected);
          expect(batches.every(({ accounts }) => accounts.length <= 100)).toBe(true);
          expect(batches.reduce((sum, { seen }) => sum + seen, 0)).toBe(users.length);
          expect(batches.at(-1)?.next).toBeUndefined();
          for (const [index, { next }] of batches.slice(0, -1).entries()) {
            const rest = await collect(pool, next);
            expect(rest.emails).toEqual(batches.slice(index + 1).flatMap(emailsOf));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('keeps no more than a batch and a page of 100,000 users', async () => {
    let pages = 0;
    const pool = {
      async page() {
        pages += 1;
        const users = Array.from({ length: 60 }, (_, n) => poolUser(pages * 60 + n));
        return { users, next: pages < 1_667 ? String(pages) : undefined };
      },
    };
    const clock = virtualClock();
    let people = 0;
    let ahead = 0;
    for await (const { accounts } of accountsSince(pool, { since, clock, stop: never })) {
      people += accounts.length;
      ahead = Math.max(ahead, pages * 60 - people);
    }
    expect(people).toBe(100_020);
    expect(ahead).toBeLessThan(160);
    // Half of what Cognito allows.
    expect(clock.now()).toBeGreaterThan((1_665 / 15) * 1_000);
  });

  it('ends a batch after fifty pages of nobody, so that a run can go on from there', async () => {
    const users = Array.from({ length: 6_100 }, (_, n) => poolUser(n, { UserStatus: 'UNCONFIRMED' }));
    const { batches } = await collect(memoryPool(users));
    expect(batches.map(({ seen }) => seen)).toEqual([3_000, 3_000, 100]);
    expect(batches[0]?.next).toEqual({ token: '3000.50', skip: 0 });
  });

  it('counts those whom no message can carry', async () => {
    const users = [poolUser(1), poolUser(2, { attributes: { email: 'none' } })];
    expect((await collect(memoryPool(users))).batches).toMatchObject([
      { seen: 2, unusable: 1, accounts: [{ sub: 'sub-1' }] },
    ]);
  });

  it('stops between two pages', async () => {
    const stop = new AbortController();
    const pool = memoryPool(Array.from({ length: 600 }, (_, n) => poolUser(n)));
    const reason = new Error('enough');
    const going = (async () => {
      for await (const _ of accountsSince(pool, { since, clock: virtualClock(), stop: stop.signal }))
        stop.abort(reason);
    })();
    await expect(going).rejects.toBe(reason);
    expect(pool.asked).toHaveLength(2);
  });
});
