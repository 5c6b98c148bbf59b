import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as z from 'zod/mini';
import { DEV_PORTS } from './stack.ts';
import { readableLine } from './window/lines.ts';
import type { Phase } from './window/view.ts';

/*
 * npm run sign-up -- ada@example.org AdaL: somebody signs up at "npm run dev", through the trigger. Prints what happens,
 * until it is at its end.
 */

const USAGE = `npm run sign-up -- EMAIL USERNAME [--window http://127.0.0.1:${DEV_PORTS.window}]`;

const LOOK_AGAIN_MS = 150;

/** At its end in one way or another; a person is needed where it is not 0. */
const EXIT: Partial<Record<Phase, number>> = { synced: 0, dead: 1, closed: 1, 'not-published': 1 };

function end(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { window: { type: 'string', default: `http://127.0.0.1:${DEV_PORTS.window}` } },
    });
    const [email, username, ...others] = positionals;
    if (email === undefined || username === undefined || others.length > 0) {
      throw new Error('Who? An address and a username.');
    }
    return { email, username, window: values.window.replace(/\/+$/, '') };
  } catch (error) {
    return end(`${error instanceof Error ? error.message : error}\n\n${USAGE}`, 2);
  }
}

const { email, username, window } = readArguments();

/** What the window answers. It is this project's own, and no other program's. */
async function ask(path: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(`${window}/api/${path}`, init).catch(() =>
    end(`Nobody answers at ${window}: is "npm run dev" running?`, 1),
  );
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body;
  const { data } = z.object({ error: z.string() }).safeParse(body);
  return end(data?.error ?? `${window} is not the window of "npm run dev".`, 1);
}

const { token } = z.object({ token: z.string() }).parse(await ask('token'));
const { id } = z.object({ id: z.string() }).parse(
  await ask('sign-up', {
    method: 'POST',
    headers: { 'x-window-token': token },
    body: JSON.stringify({ email, username }),
  }),
);

const text = z.optional(z.string());
const story = z.object({
  row: z.object({
    phase: z.enum([
      'signing-up',
      'ready',
      'working',
      'waiting',
      'synced',
      'dead',
      'closed',
      'not-published',
    ] satisfies Phase[]),
    email: text,
    body: text,
    letter: z.optional(z.object({ action: z.string() })),
  }),
  entries: z.array(
    z.object({
      at: z.number(),
      title: z.string(),
      status: text,
      durationMs: z.optional(z.number()),
      tone: z.enum(['plain', 'good', 'warn', 'bad']),
    }),
  ),
});

let printed = 0;
for (;;) {
  const { row, entries } = story.parse(await ask(`sign-ups/${id}`));
  const told = entries.slice(printed);
  // In order: what comes after a call that is under way waits for its answer.
  const underWay = told.findIndex(({ status }) => status === 'under way');
  const sayable = underWay === -1 ? told : told.slice(0, underWay);
  for (const entry of sayable) console.log(readableLine(row, entry));
  printed += sayable.length;
  const code = EXIT[row.phase];
  if (code !== undefined && printed === entries.length) {
    if (row.letter !== undefined) console.log(`\nWhat to do: ${row.letter.action}`);
    process.exit(code);
  }
  await sleep(LOOK_AGAIN_MS);
}
