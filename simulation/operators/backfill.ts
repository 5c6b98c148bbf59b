import { verificationMessage } from '../../lib/publishing.ts';
import type { Verification } from '../people/person.ts';
import { makeCard, usernameOf } from '../people/sign-ups.ts';
import { DAY_MS, type World } from '../world.ts';

const PER_SECOND = 60;
/** They signed up so long ago. */
const AGO_MS = [DAY_MS, 500 * DAY_MS] as const;
/** The file holds people of lately too, who are in HubSpot long since. */
const SHARES = { cardBefore: 0.05, dated: 0.97, lately: 0.1 };

/** People who signed up before there was this service, sent by an operator, all at once. */
export function startBackfill(world: World, at: number, people: number): void {
  const { timeline, registry } = world;
  const chance = world.chanceOf('backfill');

  function send({ person, username, facts }: Verification): void {
    const { statedAt } = facts;
    const verification = {
      email: person.email,
      username,
      ...(statedAt !== undefined && { verifiedAt: new Date(statedAt).toISOString() }),
    };
    world.sendByCommand(verificationMessage(verification, { replay: true, run: 'backfill' }));
  }

  function someoneOfLately(): Verification | undefined {
    const all = registry.people();
    const verification = all[chance.whole(0, all.length - 1)]?.verifications.at(-1);
    return verification !== undefined && verification.facts.syncedAt.length > 0 ? verification : undefined;
  }

  function someoneOfLongAgo(): Verification {
    const email = `backfill-${registry.people().length + 1}@example.org`;
    const before = chance.happens(SHARES.cardBefore) ? makeCard(world, email, chance) : undefined;
    const person = registry.add({ email, before });
    const verifiedAt = timeline.now() - chance.between(...AGO_MS);
    const verification = registry.verify(person, usernameOf(person, 1), verifiedAt);
    verification.facts.statedAt = chance.happens(SHARES.dated) ? verifiedAt : undefined;
    return verification;
  }

  const one = (): void =>
    send((chance.happens(SHARES.lately) ? someoneOfLately() : undefined) ?? someoneOfLongAgo());

  let left = people;
  function second(): void {
    for (let each = 0; each < PER_SECOND && left > 0; each += 1) {
      one();
      left -= 1;
    }
    if (left > 0) timeline.after(1_000, second);
  }
  timeline.at(at, () => {
    if (people > 0) world.count('a backfill');
    second();
  });
}
