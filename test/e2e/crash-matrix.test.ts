import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  describeFate,
  type Ending,
  type Fate,
  type Kind,
  kinds,
  startMatrix,
  worse,
} from './crash-matrix.ts';

/*
 * Every way in which the first deliveries of a message can die, at every HubSpot call: before the call takes effect,
 * before a byte of the answer, and after the answer, when the message is not acknowledged. The next level of the matrix
 * follows from the calls that a delivery left in peace makes, so it holds every call there is.
 *
 * Three deaths in a row are a sample here; npm run crash-matrix goes through all of them.
 */

const COMPLETE = process.env.CRASH_MATRIX === 'complete';
const SEED = process.env.CRASH_MATRIX_SEED ?? '1';
const SAMPLE = 250;

let matrix: Awaited<ReturnType<typeof startMatrix>>;
/** How the fates of each number of deaths ended. */
const ended: Ending[][] = [];

beforeAll(async () => {
  matrix = await startMatrix();
});
afterAll(() => matrix.stop());

async function live(fates: readonly Fate[]): Promise<Ending[]> {
  const killedBefore = { ...matrix.count };
  const startedAt = performance.now();
  const endings = await matrix.live(fates);
  const wrong = endings.filter(({ differences }) => differences.length > 0);
  expect(wrong.map(({ fate, differences }) => `${describeFate(fate)}: ${differences.join('; ')}`)).toEqual(
    [],
  );

  const planned = fates.reduce((sum, { deaths }) => sum + deaths.length, 0);
  const deaths = matrix.count.deaths - killedBefore.deaths;
  expect(deaths).toBe(planned);
  process.stdout.write(
    `${fates.length} messages: ${deaths} deliveries died with ${matrix.count.kills - killedBefore.kills} processes, ` +
      `in ${Math.round((performance.now() - startedAt) / 1_000)} s\n`,
  );
  return endings;
}

const worstOf = (deaths: number): Fate[] => ended[deaths - 1]?.flatMap(worse) ?? [];

const sampleRank = (fate: Fate): string =>
  createHash('sha256')
    .update(`${SEED} ${describeFate(fate)}`)
    .digest('hex');

test('no death: one request for a new person, three for an existing contact', async () => {
  ended[0] = await live((Object.keys(kinds) as Kind[]).map((kind) => ({ kind, deaths: [] })));
  const three = ['POST contacts', 'PATCH contacts/ID', 'POST notes'];
  expect(ended[0].map(({ calls }) => calls)).toEqual([['POST contacts'], three, three]);
});

test('one death, at every call', async () => {
  const fates = worstOf(1);
  expect(fates).toHaveLength(21);
  ended[1] = await live(fates);
}, 120_000);

test('two deaths, at every pair of calls, also those that read back', async () => {
  const fates = worstOf(2);
  expect(fates).toHaveLength(240);
  ended[2] = await live(fates);

  const secondDeaths = ended[1]?.flatMap(({ calls }) => calls) ?? [];
  expect([...new Set(secondDeaths)].sort()).toEqual([
    'GET contacts/ID',
    'PATCH contacts/ID',
    'POST contacts',
    'POST notes',
    'POST notes/batch/read',
  ]);
}, 300_000);

test(`three deaths, ${COMPLETE ? 'at all calls' : `${SAMPLE} of them, seed ${SEED}`}`, async () => {
  const fates = worstOf(3);
  expect(fates).toHaveLength(2_868);
  const chosen = COMPLETE
    ? fates
    : fates.toSorted((a, b) => (sampleRank(a) < sampleRank(b) ? -1 : 1)).slice(0, SAMPLE);
  await live(chosen);
}, 1_800_000);

test('nobody has a card who did not sign up', () => {
  expect(matrix.cardsOfNobody()).toEqual([]);
});
