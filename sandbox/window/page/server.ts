import type { Change, State, Story } from '../view.ts';
import { redraw } from './frame.ts';
import { applyChange, applyState, store } from './store.ts';

let token = '';

async function fetchToken(): Promise<void> {
  const answer: { token: string } = await (await fetch('/api/token')).json();
  token = answer.token;
}

/** Long enough to read it twice. A problem stays until somebody closes it. */
const SAID_FOR_MS = 8_000;

export function say(text: string, isProblem = false): void {
  const message = { text, isProblem };
  store.message = message;
  redraw();
  if (isProblem) return;
  setTimeout(() => {
    if (store.message === message) store.message = undefined;
    redraw();
  }, SAID_FOR_MS);
}

/** Has the server do something. What goes wrong is said on the page; then undefined comes back. */
export async function perform<Answer extends object>(
  name: string,
  body: object = {},
): Promise<Answer | undefined> {
  try {
    const response = await fetch(`/api/${name}`, {
      method: 'POST',
      headers: { 'x-window-token': token, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) return answer;
    say(answer.error, true);
  } catch {
    say('The server does not answer. Is "npm run dev" still running?', true);
  }
  return undefined;
}

/** The story of a sign-up; undefined where there is none. */
export async function fetchStory(id: string): Promise<Story | undefined> {
  try {
    const response = await fetch(`/api/sign-ups/${encodeURIComponent(id)}`);
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

/** Listens for as long as the page is open. The browser itself connects again when the server was away. */
export function listen(): void {
  const events = new EventSource('/api/events');
  events.addEventListener('state', (event) => {
    const state: State = JSON.parse(event.data);
    // Another server has another token.
    if (state.server !== store.server) void fetchToken();
    applyState(state);
    redraw();
  });
  events.addEventListener('change', (event) => {
    const change: Change = JSON.parse(event.data);
    applyChange(change);
    redraw();
  });
  events.addEventListener('error', () => {
    store.connected = false;
    redraw();
    // After some answers, such as those of a proxy, browsers give up.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 1_000);
  });
}
