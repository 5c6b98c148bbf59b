import { verificationMessage } from '../../lib/publishing.ts';
import { makeCard, usernameOf } from '../people/sign-ups.ts';
import { DAY_MS, type World } from '../world.ts';

const PER_SECOND = 60;
/** They signed up so long ago. */
const AGO_MS = [DAY_MS, 500 * DAY_MS] as const;
const SHARES = { cardBefore: 0.05, dated: 0.97 };

/** People who signed up before there was this service, sent by an operator, all at once. */
export function startBackfill(world: World, at: number, people: number): void {
  const { timeline, registry } = world;
  const chance = world.chanceOf('backfill');

  function one(): void {
    const number = registry.people().length + 1;
    const email = `backfill-${number}@example.org`;
    const before = chance.happens(SHARES.cardBefore) ? makeCard(world, email, chance) : undefined;
    const person = registry.add({ email, before });
    const verification = registry.verify(
      person,
      usernameOf(person, 1),
      timeline.now() - chance.between(...AGO_MS),
    );
    const stated = chance.happens(SHARES.dated) ? verification.verifiedAt : undefined;
    verification.facts.statedAt = stated;
    const message = verificationMessage(
      {
        email,
        username: verification.username,
        ...(stated !== undefined && { verifiedAt: new Date(stated).toISOString() }),
      },
      { replay: true, run: 'backfill' },
    );
    world.sendByCommand(message);
  }

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
