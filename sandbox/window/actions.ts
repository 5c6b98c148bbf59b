import * as z from 'zod/mini';
import { Mistake, readJsonBody } from '../mistake.ts';
import type { Stack } from '../stack.ts';
import type { Chronicle } from './chronicle.ts';
import type { Hands } from './hands.ts';
import type { openMoods } from './moods.ts';
import type { openOperators } from './operators.ts';
import type { openTour } from './tour.ts';
import { TOUR_STEPS } from './tour-steps.ts';

const MALFORMED = '{"email":"nobody at example.org"}';

/** One thing that can be done, at `POST /api/` and its name, with the body that came. */
type Action = (body: unknown) => unknown;

/** @returns an action that throws a Mistake for a body that is not as the schema has it */
const action =
  <T extends z.ZodMiniType>(schema: T, run: (body: z.output<T>) => unknown): Action =>
  (body) =>
    run(readJsonBody(body, schema));

const nothing = z.strictObject({});
const text = (max: number) => z.string().check(z.minLength(1), z.maxLength(max));

export interface ActionsOptions {
  stack: Stack;
  chronicle: Chronicle;
  hands: Hands;
  moods: ReturnType<typeof openMoods>;
  operators: ReturnType<typeof openOperators>;
  tour: ReturnType<typeof openTour>;
}

/** All that the window can do, by name. Each answers with what it made, or throws a Mistake. */
export function windowActions({
  stack,
  chronicle,
  hands,
  moods,
  operators,
  tour,
}: ActionsOptions): Record<string, Action> {
  const { queues, syncContacts } = stack;

  function rowOfLetter(id: string) {
    const row = chronicle.ofLetter(id);
    if (row === undefined) throw new Mistake('There is no such dead letter, or not any more.', 404);
    return row;
  }

  return {
    /** One sign-up, through the trigger. */
    'sign-up': action(z.strictObject({ email: text(1_000), username: text(1_000) }), (person) => ({
      id: hands.signUp(person).id,
    })),
    'sign-up-many': action(z.strictObject({ count: z.int().check(z.gte(1), z.lte(500)) }), ({ count }) => ({
      ids: Array.from({ length: count }, () => hands.signUp(hands.person()).id),
    })),
    'sign-up-known': action(nothing, () => {
      const person = hands.person();
      hands.makeKnown(person);
      return { id: hands.signUp(person).id };
    }),
    'sign-up-twice': action(nothing, () => {
      const person = hands.person();
      return { ids: [hands.signUp(person).id, hands.signUp(person).id] };
    }),
    malformed: action(z.strictObject({ body: z.optional(text(10_000)) }), async ({ body = MALFORMED }) => ({
      id: await hands.sendMalformed(body),
    })),
    hubspot: action(
      z.strictObject({
        mood: z.optional(z.enum(['well', 'slow', 'throttled', 'down', 'answers-lost'])),
        tokenRevoked: z.optional(z.boolean()),
        ownerRemoved: z.optional(z.boolean()),
        v3Off: z.optional(z.boolean()),
      }),
      (wanted) => {
        // Only what is there: a property that is undefined would overwrite.
        moods.change(Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined)));
        return moods.view();
      },
    ),
    'skip-back-offs': action(nothing, async () => {
      await hands.skipBackOffs();
      return {};
    }),
    kill: action(z.strictObject({ instance: z.int() }), ({ instance }) => {
      if (syncContacts[instance - 1] === undefined) {
        throw new Mistake(
          `There is no instance ${instance}: they are numbered from 1 to ${syncContacts.length}.`,
        );
      }
      if (!hands.kill(instance))
        throw new Mistake(`Instance ${instance} is not running: the next message starts it.`, 409);
      return {};
    }),
    'event-source': action(z.strictObject({ paused: z.boolean() }), ({ paused }) => {
      if (paused) queues.pause();
      else queues.resume();
      return {};
    }),
    redrive: action(z.strictObject({ letter: z.optional(z.string()) }), async ({ letter }) => {
      if (letter === undefined) return await operators.redriveAll();
      const { id } = rowOfLetter(letter);
      const report = await operators.redrive([letter]);
      chronicle.note(id, `dlq redrive: ${report.message}`);
      return report;
    }),
    drop: action(z.strictObject({ letter: z.string() }), async ({ letter }) => {
      const { id } = rowOfLetter(letter);
      const report = await operators.drop(letter);
      chronicle.note(id, `dlq drop: ${report.message}`);
      return report;
    }),
    tour: action(z.strictObject({ step: z.int().check(z.gte(1), z.lte(TOUR_STEPS.length)) }), ({ step }) => {
      const running = tour.running();
      if (running !== undefined) throw new Mistake(`Step ${running} of the tour is still under way.`, 409);
      void tour.run(step);
      return {};
    }),
  };
}
