import type { Chance } from '../chance.ts';
import { DAY_MS, type World } from '../world.ts';
import type { Begun, Trouble } from './trouble.ts';
import { everyday, troublesOf } from './troubles.ts';

/** After a trouble it is calm for so long, on the average. */
const BETWEEN_MS = 6 * DAY_MS;
/** Even what somebody has to mend is found some time, called or not. */
const FOUND_AFTER_MS = 5 * DAY_MS;

export interface Troubles {
  /** Somebody mends what there is to mend. @returns whether there was anything */
  mend(): boolean;
}

function pickByWeight(troubles: readonly Trouble[], chance: Chance): Trouble {
  const total = troubles.reduce((sum, { weight }) => sum + weight, 0);
  let left = chance.between(0, total);
  for (const trouble of troubles) {
    left -= trouble.weight;
    if (left < 0) return trouble;
  }
  throw new Error('There is no trouble');
}

/** One trouble after another comes and goes, with calm days between them. */
export function startTroubles(world: World, until: number): Troubles {
  const { timeline, conditions, dayIsUsedUp } = world;
  const chance = world.chanceOf('schedule');
  const troubles = troublesOf(world);
  let current: Begun | undefined;
  conditions.fates = everyday;

  function end(): void {
    if (current === undefined) return;
    current.end();
    conditions.callsFor = undefined;
    current = undefined;
    // Whoever shares the limit may have used up the day: then it is calm tomorrow.
    const now = timeline.now();
    conditions.calmSince = dayIsUsedUp() ? now + DAY_MS - (now % DAY_MS) : now;
    next();
  }

  function next(): void {
    timeline.after(chance.wait(BETWEEN_MS), () => {
      if (timeline.now() >= until) return;
      const possible = troubles.filter(({ when }) => when === undefined || when());
      const trouble = pickByWeight(possible, chance);
      const begun = trouble.begin();
      current = begun;
      conditions.calmSince = Number.POSITIVE_INFINITY;
      if (begun.alarms !== undefined) conditions.callsFor = { why: trouble.name, alarms: begun.alarms };
      world.count(`trouble: ${trouble.name}`);
      timeline.after(begun.lastsMs ?? FOUND_AFTER_MS, () => {
        if (current === begun) end();
      });
    });
  }
  next();

  return {
    mend() {
      if (current === undefined || current.lastsMs !== undefined) return false;
      end();
      return true;
    },
  };
}
