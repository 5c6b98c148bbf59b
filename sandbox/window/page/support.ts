import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Card, CardEvent } from '../view.ts';
import { counted } from '../words.ts';
import { isFresh, time } from './format.ts';
import { redraw } from './frame.ts';
import { hashOf, type Route, replaceRoute } from './route.ts';
import { SHOWN_AT_FIRST, store } from './store.ts';

const BY = { people: 'somebody at support', sync: 'this service' } as const;

const nameOf = ({ name, email }: Card): string => name || email || 'No address';

function eventOf({ at, kind, text, by }: CardEvent): TemplateResult {
  const said = {
    note: html`<p dir="auto">${text}</p>`,
    username: html`<p>Username set to <b dir="auto">${text}</b> by ${BY[by]}</p>`,
    created: html`<p>Card created by ${BY[by]}</p>`,
  }[kind];
  return html`<li class="event ${kind} ${isFresh(at) ? 'fresh' : ''}">
    <small>${kind === 'note' ? 'Note · ' : ''}${time(at)}</small>
    ${said}
  </li>`;
}

const initialOf = (card: Card): string => ([...nameOf(card)][0] ?? '').toUpperCase();

const head = (card: Card): TemplateResult =>
  html`<span class="initial" aria-hidden="true">${initialOf(card)}</span>
    <span class="who">
      <b dir="auto">${nameOf(card)}</b>
      <small dir="auto">${card.name === '' ? card.username : card.email}</small>
    </span>`;

const noteCount = ({ timeline }: Card): number => timeline.filter(({ kind }) => kind === 'note').length;

function item(card: Card): TemplateResult {
  const notes = noteCount(card);
  return html`<li class=${isFresh(card.updatedAt) ? 'fresh' : ''}>
    <a class="card-head" href=${hashOf({ card: card.id })}>
      ${head(card)}
      <span class="numbers">${time(card.updatedAt)} <small>${notes === 0 ? 'no note' : counted(notes, 'note')}</small></span>
    </a>
  </li>`;
}

function whole(card: Card): TemplateResult {
  const { id, email, otherEmails, username, properties, timeline } = card;
  const facts = [
    { name: 'Email', value: [email, ...otherEmails].join(', ') },
    { name: 'Username', value: username },
    ...properties,
    { name: 'Record ID', value: id },
  ].filter(({ value }) => value !== '');
  return html`<article class="card" aria-labelledby="card-title">
    <header>
      <span class="initial" aria-hidden="true">${initialOf(card)}</span>
      <h3 id="card-title" dir="auto">${nameOf(card)}</h3>
    </header>
    <dl class=${isFresh(card.updatedAt) ? 'fresh' : ''}>
      ${facts.map(({ name, value }) => html`<div><dt>${name}</dt><dd dir="auto">${value}</dd></div>`)}
    </dl>
    <h4>Timeline</h4>
    <ol class="timeline" aria-label="Timeline, newest first">
      ${repeat(timeline, (event) => event.id, eventOf)}
    </ol>
  </article>`;
}

const matches = (search: string) => {
  const sought = search.trim().toLowerCase();
  return ({ email, otherEmails, username, name }: Card): boolean =>
    sought === '' ||
    [email, ...otherEmails, username, name].some((text) => text.toLowerCase().includes(sought));
};

function list(search: string): TemplateResult {
  const cards = [...store.cards.values()]
    .filter(matches(search))
    .sort((a, b) => b.updatedAt - a.updatedAt || Number(b.id) - Number(a.id));
  const empty = search === '' ? 'No cards yet. A sign-up makes one.' : 'No card has this address.';
  return html`${cards.length === 0 ? html`<p class="empty">${empty}</p>` : nothing}
    <ol class="cards">
      ${repeat(cards.slice(0, store.cardsShown), ({ id }) => id, item)}
    </ol>
    ${
      cards.length > store.cardsShown
        ? html`<button
          @click=${() => {
            store.cardsShown += SHOWN_AT_FIRST;
            redraw();
          }}
        >
          Show more <b class="count">${cards.length - store.cardsShown}</b>
        </button>`
        : nothing
    }`;
}

function one(id: string): TemplateResult {
  const card = store.cards.get(id);
  return html`<p><a class="back" href=${hashOf({ card: '' })}>All cards</a></p>
    ${
      card !== undefined
        ? whole(card)
        : store.server === undefined
          ? nothing
          : html`<p class="empty">The card that this address names is not here.</p>`
    }`;
}

export function supportPanel({ card, search }: Route): TemplateResult {
  return html`<section id="support" data-panel="support" aria-labelledby="support-title">
    <h2 id="support-title">What support sees <small>${counted(store.cards.size, 'card')}</small></h2>
    <input
      class="search"
      type="search"
      placeholder="Search by address"
      aria-label="Search cards by address"
      .value=${search}
      @input=${({ target }: InputEvent) => {
        if (!(target instanceof HTMLInputElement)) return;
        replaceRoute({ search: target.value, card: '' });
        redraw();
      }}
    />
    ${card === '' ? list(search) : one(card)}
  </section>`;
}
