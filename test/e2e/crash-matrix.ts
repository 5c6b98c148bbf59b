import type { Lambda } from '../../sandbox/lambda.ts';
import { type Death, postman } from './deliveries.ts';
import { MINUTE_MS, startWorld, type World } from './world.ts';

/** Whom the CRM knows when the sign-up comes in. */
export const kinds = {
  'a new person': (world: World) => world.person(),
  'an existing contact': (world: World) => world.person({}),
  // Their notes are read on a redelivery, and one of them is ours, but of another sign-up.
  'an existing contact with notes': (world: World) =>
    world.person({ staffNotes: 2, ourNotes: [Date.now() - 60 * MINUTE_MS] }),
};

export type Kind = keyof typeof kinds;

/** One message: how its first deliveries die, one after another. The delivery after them is left in peace. */
export interface Fate {
  kind: Kind;
  deaths: Death[];
}

/** What came of one fate. */
export interface Ending {
  fate: Fate;
  /** The HubSpot calls of the delivery that was left in peace. */
  calls: string[];
  differences: string[];
}

/** As many as one batch of the event source mapping. */
const BATCH_SIZE = 10;
/** Processes that start and die at the same time. */
const INSTANCES = 3;

const phases = ['received', 'applied', 'answered'] as const;

/** A fate once more, with each way in which its last delivery could die as well. */
export const worse = ({ fate: { kind, deaths }, calls }: Ending): Fate[] =>
  calls.flatMap((_, index) =>
    phases.map((phase) => ({
      kind,
      deaths: [...deaths, { call: index + 1, phase, last: index + 1 === calls.length }],
    })),
  );

export const describeFate = ({ kind, deaths }: Fate): string =>
  `${kind}: ${deaths.map(({ call, phase }, index) => `delivery ${index + 1} dies with call ${call} ${phase}`).join(', ')}`;

function batches<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / BATCH_SIZE) }, (_, index) =>
    items.slice(index * BATCH_SIZE, (index + 1) * BATCH_SIZE),
  );
}

/**
 * The machinery of the matrix: one HubSpot, and processes to kill. Messages are handed to the built bundle as Lambda
 * would hand them over, ten at a time, so that every delivery count and every moment of death is exactly as planned.
 */
export async function startMatrix() {
  const world = await startWorld();
  const { deliver, count } = postman(world.hubspot, world.cards.see);
  const lambdas: Lambda[] = Array.from({ length: INSTANCES }, () => world.instance());

  /** Works through all of it, each instance one piece at a time. */
  async function share<T>(pieces: readonly T[], work: (piece: T, lambda: Lambda) => Promise<void>) {
    const rest = [...pieces];
    await Promise.all(
      lambdas.map(async (lambda) => {
        for (let piece = rest.shift(); piece !== undefined; piece = rest.shift()) await work(piece, lambda);
      }),
    );
  }

  return {
    count,

    /** Lives every fate to its end, each with a person of its own. */
    async live(fates: readonly Fate[]): Promise<Ending[]> {
      const lives = fates.map((fate) => ({ fate, person: kinds[fate.kind](world), calls: [] as string[] }));

      for (let deliveries = 1; ; deliveries += 1) {
        const dying = lives.flatMap((life) => {
          const death = life.fate.deaths[deliveries - 1];
          return death === undefined ? [] : [{ person: life.person, deliveries, death }];
        });
        if (dying.length === 0) break;
        // Those whose work is done when they die, and those that are held in the middle of it, do not mix.
        const done = dying.filter(({ death }) => death.last && death.phase === 'answered');
        const inTheMiddle = dying.filter((delivery) => !done.includes(delivery));
        await share([...batches(done), ...batches(inTheMiddle)], async (batch, lambda) => {
          await deliver(lambda, batch);
        });
      }

      await share(batches(lives), async (batch, lambda) => {
        const peaceful = batch.map(({ fate, person }) => ({ person, deliveries: fate.deaths.length + 1 }));
        const { calls, failures } = await deliver(lambda, peaceful);
        if (failures.length > 0) throw new Error('A delivery failed that was left in peace');
        for (const [index, life] of batch.entries()) life.calls = calls[index] ?? [];
      });
      return lives.map(({ fate, person, calls }) => ({
        fate,
        calls,
        differences: world.cards.differences(person),
      }));
    },

    cardsOfNobody: world.cardsOfNobody,
    stop: world.stop,
  };
}
