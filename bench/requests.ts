import Table from 'cli-table3';
import type { HubSpotSandbox } from '../sandbox/hubspot/sandbox.ts';
import { startStack } from '../sandbox/stack.ts';
import type { Bound } from './bound.ts';
import { fill, type Person, people } from './fill.ts';
import { USUAL_WAYS, type UsualWay } from './rivals/usual-requests.ts';
import { say } from './say.ts';

const BENCH = 'requests';
const SIGN_UPS = 100;
/** The ticket's own: one for a new user, three for an existing contact. */
const FLOOR = 102;
/** One call in so many meets trouble. */
const FAULT_EVERY = 20;
/** Trouble in turn: nothing of it happened, or all of it did and the answer is lost. */
const FAULTS = [
  { type: 'status', status: 503, after: true },
  { type: 'reset', when: 'before' },
  { type: 'truncated' },
  { type: 'status', status: 502 },
  { type: 'reset', when: 'after' },
] as const;
const DELIVERIES_MAX = 40;
const WEEK_MS = 7 * 24 * 3_600_000;

/** What it cost, and who ended up with another card or other notes than is right. */
interface Cost {
  requests: number;
  wrong: number;
}

function troubled({ faults }: HubSpotSandbox): HubSpotSandbox['onCall'] {
  let calls = 0;
  return (_call, phase) => {
    if (phase !== 'received') return;
    calls += 1;
    const fault = FAULTS[Math.floor(calls / FAULT_EVERY) % FAULTS.length];
    if (calls % FAULT_EVERY === 0 && fault !== undefined) faults.add({ do: fault });
  };
}

/** One card each with the right username, and one note on that which was there before. */
function wrongOnes({ portal }: HubSpotSandbox, signUps: readonly Person[], existing: Person): number {
  return signUps.filter(({ email, username }) => {
    const card = portal.contactByEmail(email);
    const notes = card === undefined ? 0 : portal.notesOf(card.id).length;
    return card?.properties.username !== username || notes !== (email === existing.email ? 1 : 0);
  }).length;
}

/** A handler that takes one message, and gets it again until it has not failed. */
async function redelivered(way: UsualWay, url: string, person: Person): Promise<void> {
  for (let delivery = 1; delivery <= DELIVERIES_MAX; delivery += 1) {
    try {
      return await way(url, person);
    } catch {}
  }
}

/** 100 sign-ups, one of somebody who is in HubSpot already. Left out, the way is ours. */
async function costOf(way: UsualWay | undefined, faulty: boolean): Promise<Cost> {
  const stack = await startStack({
    instances: way === undefined ? 2 : 0,
    hubspot: { requestsPer10s: Number.POSITIVE_INFINITY },
    environment: { HUBSPOT_REQUESTS_PER_10S: '2000' },
  });
  const { hubspot } = stack;
  try {
    const signUps = people(SIGN_UPS);
    const [existing] = signUps;
    if (existing === undefined) throw new Error('There is nobody');
    hubspot.portal.createContact(
      { email: existing.email, username: 'before' },
      { createdAt: Date.now() - WEEK_MS },
    );
    if (faulty) hubspot.onCall = troubled(hubspot);
    if (way === undefined) {
      await fill(stack.queues, signUps);
      await stack.drained({ withinMs: 120_000 });
    } else {
      for (const person of signUps) await redelivered(way, hubspot.url, person);
    }
    return {
      requests: hubspot.journal.entries().length,
      wrong: wrongOnes(hubspot, signUps, existing),
    };
  } finally {
    await stack.stop();
  }
}

/** What 100 sign-ups cost, by the usual ways and by ours, with HubSpot well and with trouble at one call in twenty. */
export async function countRequests(): Promise<Bound[]> {
  const table = new Table({
    head: ['', 'requests', 'wrong cards', 'requests, 5 % faults', 'wrong cards, 5 % faults'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const [name, way] of Object.entries(USUAL_WAYS)) {
    const [well, ill] = [await costOf(way, false), await costOf(way, true)];
    table.push([name, well.requests, well.wrong, ill.requests, ill.wrong]);
  }
  const [well, ill] = [await costOf(undefined, false), await costOf(undefined, true)];
  table.push(['ours', well.requests, well.wrong, ill.requests, ill.wrong]);
  say(`Requests to HubSpot for ${SIGN_UPS} sign-ups, ${SIGN_UPS - 1} of them new:`);
  say(`${table.toString()}\n`);
  return [
    {
      bench: BENCH,
      what: `${SIGN_UPS} sign-ups, one of them known`,
      measured: `${well.requests}`,
      bound: `exactly ${FLOOR}`,
      kept: well.requests === FLOOR,
    },
    {
      bench: BENCH,
      what: 'wrong cards, well and with 5 % faults',
      measured: `${well.wrong}, ${ill.wrong}`,
      bound: 'none',
      kept: well.wrong + ill.wrong === 0,
    },
  ];
}
