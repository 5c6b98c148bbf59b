import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Row, StoryEntry } from '../view.ts';
import { duration } from '../words.ts';
import { time } from './format.ts';
import { redraw } from './frame.ts';
import { hashOf } from './route.ts';
import { fetchStory } from './server.ts';
import { store } from './store.ts';

let fetching = false;

/** Fetches the story of the sign-up that is open when it is not here, or not up to date. One request at a time. */
async function keepUp({ id, changedAt }: Row): Promise<void> {
  const { story } = store;
  if (fetching || !store.connected || (story?.row.id === id && story.row.changedAt >= changedAt)) return;
  fetching = true;
  const fetched = await fetchStory(id);
  fetching = false;
  if (fetched === undefined) return;
  store.story = fetched;
  redraw();
}

const KINDS: Readonly<Record<StoryEntry['kind'], string>> = {
  trigger: 'Trigger',
  queue: 'Queue',
  delivery: 'Delivery',
  call: 'HubSpot',
  synced: 'Synced',
  log: 'Log',
  died: 'Death',
  'dead-letter': 'Dead letter',
  operator: 'Operator',
};

const entryOf = ({ at, kind, title, tone, status, durationMs, details }: StoryEntry): TemplateResult =>
  html`<li class=${tone}>
    <span class="kind">${KINDS[kind]}</span>
    <span class="title" dir="auto">${title}</span>
    <span class="result">
      ${status === undefined ? nothing : html`<b>${status}</b>`}
      ${durationMs === undefined ? nothing : html`<span>${duration(durationMs)}</span>`} ${time(at)}
    </span>
    ${details.map(
      ({ label, text }) => html`<details>
        <summary>${label}</summary>
        <pre dir="auto">${text}</pre>
      </details>`,
    )}
  </li>`;

/** All that has happened to the sign-up that is open. */
export function storyOf(row: Row): TemplateResult {
  void keepUp(row);
  const entries = store.story?.row.id === row.id ? store.story.entries : [];
  return html`<div class="story">
    ${
      row.contactId === undefined
        ? nothing
        : html`<p><a href=${hashOf({ card: row.contactId, panel: 'support' })}>The card, as support sees it</a></p>`
    }
    <ol aria-label="What has happened to it">
      ${repeat(entries, ({ number }) => number, entryOf)}
    </ol>
  </div>`;
}
