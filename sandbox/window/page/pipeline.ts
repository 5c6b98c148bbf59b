import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { LetterView, Phase, Row, SyncOutcome } from '../view.ts';
import { counted } from '../words.ts';
import { latency, rateBar, throughput } from './charts.ts';
import { isFresh, time, until, withCode } from './format.ts';
import { redraw } from './frame.ts';
import { hashOf, type Route, replaceRoute } from './route.ts';
import { perform, say } from './server.ts';
import { SHOWN_AT_FIRST, store } from './store.ts';
import { storyOf } from './story.ts';

const SYNCED: Readonly<Record<SyncOutcome, string>> = {
  created: 'new card',
  updated: 'updated, with a note',
  'username-only': 'username added',
  unchanged: 'nothing was due',
  superseded: 'newer username kept',
};

/** Where it is, in a few words; and the tone of it. */
function standing(row: Row): { label: string; detail: string; tone: string } {
  switch (row.phase) {
    case 'signing-up':
      return { label: 'At the trigger', detail: '', tone: 'plain' };
    case 'ready':
      return {
        label: 'On the queue',
        detail: store.machine.paused ? 'the event source is paused' : '',
        tone: 'plain',
      };
    case 'working':
      return { label: 'Being worked on', detail: `instance ${row.instance}`, tone: 'accent' };
    case 'waiting':
      return { label: 'Waiting', detail: `back-off ends ${until(row.until ?? 0)}`, tone: 'warn' };
    case 'synced':
      return { label: 'Synced', detail: row.outcome === undefined ? '' : SYNCED[row.outcome], tone: 'good' };
    case 'dead':
      return { label: 'Dead letter', detail: row.letter?.reason ?? '', tone: 'bad' };
    case 'closed':
      return { label: 'Dropped', detail: 'an operator has closed it', tone: 'plain' };
    case 'not-published':
      return { label: 'Not on the queue', detail: 'the trigger could not publish it', tone: 'bad' };
  }
}

/** Letters that are being moved: a button that is pressed twice moves its letter once. */
const moving = new Set<string>();

async function move(name: 'redrive' | 'drop', letter: string): Promise<void> {
  if (moving.has(letter)) return;
  moving.add(letter);
  say(name === 'redrive' ? 'Redriving …' : 'Dropping …');
  const report = await perform<{ done: boolean; message: string }>(name, { letter });
  moving.delete(letter);
  if (report !== undefined) say(report.message, !report.done);
}

const REDRIVE_WORDS: Readonly<Record<LetterView['redrive'], string>> = {
  helps: 'A redrive helps.',
  'helps-afterwards': 'A redrive helps once that is done.',
  'does-not-help': 'A redrive does not help.',
};

const letterOf = ({ id, meaning, action, mover, redrive, message }: LetterView): TemplateResult =>
  html`<div class="letter">
    <p>${meaning}</p>
    <p><b>What to do:</b> ${withCode(action)}</p>
    <p class="hint">The move is with: ${mover}. ${REDRIVE_WORDS[redrive]}</p>
    <p class="hint" dir="auto">${message}</p>
    <div class="buttons">
      <button @click=${() => move('redrive', id)}>Redrive</button>
      <button class="danger" @click=${() => move('drop', id)}>Drop</button>
    </div>
  </div>`;

function rowOf(row: Row, isOpen: boolean): TemplateResult {
  const { label, detail, tone } = standing(row);
  const { id, email, username, body, deliveries, requests } = row;
  return html`<li class="row ${tone} ${isOpen ? 'open' : ''} ${isFresh(row.changedAt) ? 'fresh' : ''}">
    <a
      class="row-head"
      href=${hashOf({ signUp: isOpen ? '' : id })}
      aria-expanded=${isOpen ? 'true' : 'false'}
    >
      <span class="who">
        <b dir="auto">${email ?? 'Malformed message'}</b>
        <small dir="auto">${email === undefined ? body : username}</small>
      </span>
      <span class="standing"><b>${label}</b> <small>${detail}</small></span>
      <span class="numbers">
        ${time(row.at)}
        <small>${[deliveries > 1 ? counted(deliveries, 'delivery') : '', requests > 0 ? counted(requests, 'request') : ''].filter(Boolean).join(' · ')}</small>
      </span>
    </a>
    ${isOpen ? html`<div class="opened">${row.letter === undefined ? nothing : letterOf(row.letter)}${storyOf(row)}</div>` : nothing}
  </li>`;
}

function gauges(): TemplateResult {
  const { queue, rate, minute } = store.gauges;
  const numbers = [
    { name: 'waiting', value: queue.waiting, tone: '' },
    { name: 'in flight', value: queue.inFlight, tone: '' },
    { name: 'dead', value: queue.dead, tone: queue.dead > 0 ? 'bad' : '' },
  ];
  return html`<div class="gauges">
    <dl class="queue" aria-label="Queue and dead-letter queue">
      ${numbers.map(({ name, value, tone }) => html`<div class=${tone}><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>
    ${rateBar(rate)} ${throughput(minute.synced)} ${latency(minute.slowestMs)}
  </div>`;
}

/** Where sign-ups are, in the order in which they go through. */
const STAGES: { name: string; label: string; tone: string; phases: readonly Phase[] }[] = [
  { name: 'queue', label: 'on the queue', tone: 'plain', phases: ['signing-up', 'ready'] },
  { name: 'working', label: 'being worked on', tone: 'accent', phases: ['working'] },
  { name: 'waiting', label: 'in back-off', tone: 'warn', phases: ['waiting'] },
  { name: 'synced', label: 'synced', tone: 'good', phases: ['synced'] },
  { name: 'dead', label: 'dead', tone: 'bad', phases: ['dead'] },
  { name: 'unpublished', label: 'not on the queue', tone: 'bad', phases: ['not-published'] },
  { name: 'dropped', label: 'dropped', tone: 'plain', phases: ['closed'] },
];

/** How many are where; each a filter. */
function stages(all: readonly Row[], chosen: string): TemplateResult {
  const counted = STAGES.map((stage) => ({
    ...stage,
    count: all.filter(({ phase }) => stage.phases.includes(phase)).length,
  })).filter(({ count, name }) => count > 0 || name === chosen);
  return html`<div class="stages" role="group" aria-label="Show only">
    ${repeat(
      counted,
      ({ name }) => name,
      ({ name, label, tone, count }) => html`<button
        class=${tone}
        aria-pressed=${name === chosen ? 'true' : 'false'}
        @click=${() => {
          replaceRoute({ phase: name === chosen ? '' : name });
          redraw();
        }}
      >
        <b>${count}</b> ${label}
      </button>`,
    )}
  </div>`;
}

export function pipelinePanel({ signUp, phase: chosen }: Route): TemplateResult {
  const all = [...store.rows.values()].sort((a, b) => b.number - a.number);
  const stage = STAGES.find(({ name }) => name === chosen);
  const meant = stage === undefined ? all : all.filter(({ phase }) => stage.phases.includes(phase));
  const shown = meant.slice(0, store.rowsShown);
  const opened = store.rows.get(signUp);
  // What is open stays in sight, wherever it is by now.
  if (opened !== undefined && !shown.includes(opened)) shown.push(opened);
  const isLost = signUp !== '' && opened === undefined && store.server !== undefined;
  return html`<section id="pipeline" data-panel="pipeline" aria-labelledby="pipeline-title">
    <h2 id="pipeline-title">What the pipeline does <small>${counted(all.length, 'sign-up')}</small></h2>
    ${gauges()} ${stages(all, chosen)}
    ${isLost ? html`<p class="empty">The sign-up that this address names is not here.</p>` : nothing}
    ${all.length === 0 ? html`<p class="empty">Nobody has signed up yet. Begin with the tour, or sign somebody up.</p>` : nothing}
    <ol class="rows">
      ${repeat(
        shown,
        ({ id }) => id,
        (row) => rowOf(row, row.id === signUp),
      )}
    </ol>
    ${
      meant.length > store.rowsShown
        ? html`<button
          @click=${() => {
            store.rowsShown += SHOWN_AT_FIRST;
            redraw();
          }}
        >
          Show older ones <b class="count">${meant.length - store.rowsShown}</b>
        </button>`
        : nothing
    }
  </section>`;
}
