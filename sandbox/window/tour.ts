import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from '../hubspot/journal.ts';
import type { CallPhase } from '../hubspot/sandbox.ts';
import type { Stack } from '../stack.ts';
import type { Chronicle } from './chronicle.ts';
import type { Hands } from './hands.ts';
import type { openMoods } from './moods.ts';
import type { openOperators } from './operators.ts';
import { TOUR_STEPS } from './tour-steps.ts';
import type { Row, TourStepView } from './view.ts';
import { counted, duration } from './words.ts';

const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 20;

const ALL_WELL = { mood: 'well', tokenRevoked: false, ownerRemoved: false, v3Off: false } as const;

const MALFORMED = '{"email":"nobody at example.org"}';

/** A step did not come to what it shows. The message says it to whoever is watching. */
class StepFailed extends Error {}

export interface TourOptions {
  stack: Stack;
  chronicle: Chronicle;
  hands: Hands;
  moods: ReturnType<typeof openMoods>;
  operators: ReturnType<typeof openOperators>;
  /** Time to read between two things, for people. */
  paceMs: number;
  onChange(): void;
}

/** The guided tour: each step makes something happen, and says what. */
export function openTour({ stack, chronicle, hands, moods, operators, paceMs, onChange }: TourOptions) {
  const { hubspot, queues, syncContacts } = stack;
  const steps: TourStepView[] = TOUR_STEPS.map(() => ({ state: 'open', said: [] }));
  let running: number | undefined;
  let onCall: ((call: Call, phase: CallPhase) => void) | undefined;

  /** Something holds for a sign-up, now or soon. */
  async function until(row: Row, what: string, holds: (row: Row) => boolean): Promise<Row> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!holds(row)) {
      if (performance.now() > deadline) throw new StepFailed(`Waited a minute in vain: ${what}.`);
      await sleep(LOOK_AGAIN_MS);
    }
    return row;
  }

  const atItsEnd = (row: Row) => until(row, 'the sign-up is synced', ({ phase }) => phase === 'synced');

  async function endBackOff(row: Row): Promise<void> {
    await until(row, 'the back-off ends', () => {
      if (row.phase !== 'waiting') return true;
      void hands.skipBackOffs();
      return false;
    });
  }

  const notesOf = (email: string): number => {
    const card = hubspot.portal.contactByEmail(email);
    return card === undefined ? 0 : hubspot.portal.notesOf(card.id).length;
  };

  function expect(holds: boolean, otherwise: string): void {
    if (!holds) throw new StepFailed(otherwise);
  }

  type Say = (sentence: string, row?: Row) => Promise<void>;

  async function newUser(say: Say): Promise<void> {
    const person = hands.person();
    const row = hands.signUp(person);
    await say(`${person.email} signs up as ${person.username}.`, row);
    await atItsEnd(row);
    expect(
      row.outcome === 'created' && row.requests === 1,
      'It took more than the one request that was due.',
    );
    await say(
      `Done: ${counted(row.requests, 'request')}, and support has a new card. No note: there is nothing to explain.`,
    );
  }

  async function existingContact(say: Say): Promise<void> {
    const person = hands.person();
    hands.makeKnown(person);
    await say(`Support has known ${person.email} for a year.`);
    const row = hands.signUp(person);
    await say(`The person signs up as ${person.username}. HubSpot answers 409: the contact exists.`, row);
    await atItsEnd(row);
    expect(row.requests === 3 && notesOf(person.email) === 1, 'The card does not have what was due.');
    await say(
      `Done: ${counted(row.requests, 'request')}. The username is on the card, and one note says why. All else stays as it was.`,
    );
  }

  async function outage(say: Say): Promise<void> {
    const person = hands.person();
    moods.change({ mood: 'down' });
    await say('HubSpot is down: every call is answered with 503.');
    const row = hands.signUp(person);
    await until(row, 'the sign-up is put back', ({ phase }) => phase === 'waiting');
    const wait = duration(Math.max((row.until ?? Date.now()) - Date.now(), 0));
    await say(`${person.email} signs up. The message goes back to the queue and waits for ${wait}.`, row);
    await endBackOff(row);
    await until(
      row,
      'the sign-up is put back again',
      ({ phase, deliveries }) => phase === 'waiting' && deliveries > 1,
    );
    await say('The clock jumps over the back-off. HubSpot is still down, so the next one is longer.');
    moods.change({ mood: 'well' });
    await say('HubSpot is back. Nobody has to do anything.');
    await endBackOff(row);
    await atItsEnd(row);
    await say(`Done: delivery ${row.deliveries} made the card. Nothing was lost.`);
  }

  async function malformed(say: Say): Promise<void> {
    const id = await hands.sendMalformed(MALFORMED);
    const row = chronicle.story(id)?.row;
    if (row === undefined) throw new StepFailed('The message did not come to the queue.');
    await say(`Some program sends ${MALFORMED}`, row);
    await until(row, 'the message is a dead letter', ({ phase }) => phase === 'dead');
    expect(row.requests === 0 && row.deliveries === 1, 'HubSpot was asked, or the message was tried again.');
    await say(
      `Done: a dead letter after one delivery, and no request. Its reason is ${row.letter?.reason}; an alarm calls a person.`,
    );
  }

  async function deadLetter(say: Say): Promise<void> {
    const person = hands.person();
    moods.change({ mood: 'down' });
    const row = hands.signUp(person);
    await say(`HubSpot is down, and ${person.email} signs up. The clock jumps over every back-off.`, row);
    while (row.phase !== 'dead') {
      await until(row, 'the next delivery', ({ phase }) => phase === 'waiting' || phase === 'dead');
      await endBackOff(row);
    }
    await say(
      `After ${row.deliveries} deliveries, which is more than a day, it is a dead letter: ${row.letter?.reason}.`,
    );
    moods.change({ mood: 'well' });
    await say(`HubSpot is well again. What to do: ${row.letter?.action ?? ''}`);
    const { done, message } = await operators.redrive([row.letter?.id ?? '']);
    expect(done, message);
    chronicle.note(row.id, `dlq redrive: ${message}`);
    await atItsEnd(row);
    await say('Done: the redriven message made the card, as if nothing had happened.');
  }

  async function deadInBetween(say: Say): Promise<void> {
    const person = hands.person();
    const sub = randomUUID();
    let killed = false;
    onCall = ({ emails, method }, phase) => {
      if (killed || phase !== 'applied' || method !== 'POST' || !emails.includes(person.email)) return;
      killed = hands.kill(row.instance ?? 0);
    };
    const row = hands.signUp(person, sub);
    hands.signUp(person, sub);
    await say(`Cognito calls the trigger twice for ${person.email}. SQS keeps one message.`, row);
    await until(row, 'the instance dies', ({ phase }) => phase === 'waiting');
    await say(
      'HubSpot made the card, and the instance died before it heard of it. SQS hides the message for a while.',
    );
    await endBackOff(row);
    await atItsEnd(row);
    expect(notesOf(person.email) === 0, 'A note says that the contact already existed, and it did not.');
    await say(
      `Done: delivery ${row.deliveries} met the card, asked HubSpot whose it is, and left it alone. One card, no note.`,
    );
  }

  const RUNS = [newUser, existingContact, outage, malformed, deadLetter, deadInBetween];

  /** As every step needs it, whatever somebody has switched before. */
  async function makeAllWell(): Promise<void> {
    moods.change(ALL_WELL);
    queues.resume();
    if (moods.mayHoldBack()) await Promise.all(syncContacts.map((instance) => instance.stop()));
  }

  return {
    view: (): TourStepView[] => steps.map((step) => ({ ...step, said: [...step.said] })),
    running: () => running,
    /** For `hubspot.onCall`. */
    see: (call: Call, phase: CallPhase): void => onCall?.(call, phase),
    /** @param number from 1. Resolves at the end of the step, however it ends. */
    async run(number: number): Promise<void> {
      const step = steps[number - 1];
      const run = RUNS[number - 1];
      if (step === undefined || run === undefined || running !== undefined) return;
      running = number;
      step.state = 'running';
      step.said = [];
      delete step.rowId;
      onChange();
      const say: Say = async (sentence, row) => {
        step.said.push(sentence);
        if (row !== undefined) step.rowId = row.id;
        onChange();
        if (paceMs > 0) await sleep(paceMs);
      };
      try {
        await makeAllWell();
        await run(say);
        step.state = 'done';
      } catch (error) {
        step.state = 'failed';
        step.said.push(
          error instanceof StepFailed ? error.message : 'The step has failed: see what npm run dev prints.',
        );
        if (!(error instanceof StepFailed)) console.error(error);
      } finally {
        onCall = undefined;
        moods.change({ mood: 'well' });
        running = undefined;
        onChange();
      }
    },
  };
}
