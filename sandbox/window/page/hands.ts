import { html, nothing, type TemplateResult } from 'lit-html';
import { live } from 'lit-html/directives/live.js';
import type { HubSpotView, Mood } from '../view.ts';
import { counted } from '../words.ts';
import { redraw } from './frame.ts';
import { replaceRoute } from './route.ts';
import { perform, say } from './server.ts';
import { store } from './store.ts';

const MOODS: { mood: Mood; label: string; meaning: string }[] = [
  { mood: 'well', label: 'Well', meaning: 'HubSpot answers as it should.' },
  { mood: 'slow', label: 'Slow', meaning: 'Every answer takes two and a half seconds.' },
  {
    mood: 'throttled',
    label: 'Throttled',
    meaning: 'Every call is answered with 429: the limit is used up.',
  },
  { mood: 'down', label: 'Down', meaning: 'Every call is answered with 503.' },
  {
    mood: 'answers-lost',
    label: 'Answers lost',
    meaning: 'HubSpot does what it is asked, and the connection breaks before the answer.',
  },
];

type Switch = 'tokenRevoked' | 'ownerRemoved' | 'v3Off';

const SWITCHES: { name: Switch; label: string; meaning: string }[] = [
  {
    name: 'tokenRevoked',
    label: 'Token revoked',
    meaning: 'Every call is answered with 401. Once it is back, an instance asks again within a minute.',
  },
  {
    name: 'ownerRemoved',
    label: 'Owner removed',
    meaning: 'Somebody has deleted the user to whom new contacts belong.',
  },
  { name: 'v3Off', label: 'Version v3 switched off', meaning: 'HubSpot has ended this version of its API.' },
];

/** Shown at once, and taken back if the server does not take it: a switch must not jump back while it is asked. */
async function change(changes: Partial<HubSpotView>): Promise<void> {
  const before = store.hubspot;
  store.hubspot = { ...before, ...changes };
  redraw();
  if ((await perform('hubspot', changes)) !== undefined) return;
  store.hubspot = before;
  redraw();
}

async function pause(paused: boolean): Promise<void> {
  store.machine = { ...store.machine, paused };
  redraw();
  if ((await perform('event-source', { paused })) !== undefined) return;
  store.machine = { ...store.machine, paused: !paused };
  redraw();
}

async function signUp(event: SubmitEvent): Promise<void> {
  event.preventDefault();
  if (!(event.target instanceof HTMLFormElement)) return;
  const form = event.target;
  const [email, username] = ['email', 'username'].map((name) => form.elements.namedItem(name));
  if (!(email instanceof HTMLInputElement) || !(username instanceof HTMLInputElement)) return;
  const person = { email: email.value, username: username.value };
  // At once: the next person may be typed in already when the answer comes.
  form.reset();
  const done = await perform<{ id: string }>('sign-up', person);
  if (done !== undefined) return open(done.id, 'Signed up.');
  email.value ||= person.email;
  username.value ||= person.username;
}

/** Opens what has just been made. */
function open(id: string, said: string): void {
  replaceRoute({ signUp: id });
  say(said);
  redraw();
}

async function make(name: string, said: string, body = {}): Promise<void> {
  const done = await perform<{ id?: string; ids?: string[] }>(name, body);
  if (done === undefined) return;
  if (done.id !== undefined) open(done.id, said);
  else say(said);
}

async function redriveAll(): Promise<void> {
  say('Redriving …');
  const report = await perform<{ done: boolean; message: string }>('redrive');
  if (report !== undefined) say(report.message, !report.done);
}

const people = (): TemplateResult => html`<div class="group" role="group" aria-labelledby="people-title">
  <h3 id="people-title">Somebody signs up</h3>
  <form class="sign-up" @submit=${signUp}>
    <label>Address <input name="email" required maxlength="1000" autocomplete="off" spellcheck="false" placeholder="ada@example.org" /></label>
    <label>Username <input name="username" required maxlength="1000" autocomplete="off" spellcheck="false" placeholder="AdaL" /></label>
    <button class="primary">Sign up</button>
  </form>
  <div class="buttons">
    <button @click=${() => make('sign-up-many', 'Ten people sign up.', { count: 10 })}>Ten people</button>
    <button @click=${() => make('sign-up-many', 'Two hundred people sign up.', { count: 200 })}>Two hundred</button>
    <button @click=${() => make('sign-up-known', 'Somebody whom support knows signs up.')}>Somebody known to support</button>
    <button @click=${() => make('sign-up-twice', 'The same person signs up twice.')}>The same person twice</button>
    <button @click=${() => make('malformed', 'A malformed message is on the queue.')}>A malformed message</button>
  </div>
</div>`;

const moods = (): TemplateResult => {
  const { mood } = store.hubspot;
  return html`<fieldset class="group">
    <legend>HubSpot is …</legend>
    <div class="pills">
      ${MOODS.map(
        (each) => html`<label class="pill ${each.mood}">
          <input
            type="radio"
            name="mood"
            value=${each.mood}
            .checked=${live(each.mood === mood)}
            @change=${() => change({ mood: each.mood })}
          />
          <span>${each.label}</span>
        </label>`,
      )}
    </div>
    <p class="hint">${MOODS.find((each) => each.mood === mood)?.meaning}</p>
  </fieldset>`;
};

const toggle = (
  label: string,
  meaning: string,
  isOn: boolean,
  onChange: (isOn: boolean) => unknown,
): TemplateResult => html`<label class="switch">
  <input
    type="checkbox"
    role="switch"
    .checked=${live(isOn)}
    @change=${({ target }: Event) => target instanceof HTMLInputElement && onChange(target.checked)}
  />
  <span>${label} <small>${meaning}</small></span>
</label>`;

const administrators = (): TemplateResult => html`<fieldset class="group">
  <legend>Changed in HubSpot</legend>
  ${SWITCHES.map(({ name, label, meaning }) =>
    toggle(label, meaning, store.hubspot[name], (isOn) => change({ [name]: isOn })),
  )}
</fieldset>`;

function machines(): TemplateResult {
  const { paused, instances } = store.machine;
  const waiting = [...store.rows.values()].filter(({ phase }) => phase === 'waiting').length;
  return html`<div class="group" role="group" aria-labelledby="machines-title">
    <h3 id="machines-title">Time and machines</h3>
    <button
      @click=${async () => {
        if ((await perform('skip-back-offs')) !== undefined) say('The clock has jumped over all back-offs.');
      }}
    >
      Jump over back-offs ${waiting === 0 ? nothing : html`<b class="count">${waiting}</b>`}
    </button>
    ${toggle('Event source paused', 'Messages stay on the queue.', paused, pause)}
    <ul class="instances">
      ${instances.map(
        ({ number, running, busyWith }) => html`<li>
          <span
            >Instance ${number}
            <small>${running ? (busyWith > 0 ? `at work on ${counted(busyWith, 'message')}` : 'idle') : 'not started'}</small></span
          >
          <button class="danger" @click=${() => make('kill', `Instance ${number} is dead.`, { instance: number })}>
            Kill<span class="unseen"> instance ${number}</span>
          </button>
        </li>`,
      )}
    </ul>
    <button @click=${redriveAll}>
      Redrive all dead letters ${store.gauges.queue.dead === 0 ? nothing : html`<b class="count">${store.gauges.queue.dead}</b>`}
    </button>
  </div>`;
}

export const handsPanel = (): TemplateResult =>
  html`<section id="hands" data-panel="hands" aria-labelledby="hands-title">
    <h2 id="hands-title">Your hands <small>Do anything to it</small></h2>
    ${people()} ${moods()} ${administrators()} ${machines()}
  </section>`;
