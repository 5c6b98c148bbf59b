import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import { TOUR_STEPS } from '../tour-steps.ts';
import type { TourStepView } from '../view.ts';
import { redraw } from './frame.ts';
import { hashOf } from './route.ts';
import { perform, say } from './server.ts';
import { store } from './store.ts';

const OPEN: TourStepView = { state: 'open', said: [] };

const LABEL: Readonly<Record<TourStepView['state'], string>> = {
  open: 'Show me',
  running: 'Under way …',
  done: 'Once more',
  failed: 'Try again',
};

async function begin(number: number): Promise<void> {
  const running = store.tour.findIndex(({ state }) => state === 'running');
  if (running !== -1) return say(`Step ${running + 1} is still under way.`);
  store.ownStep = number;
  redraw();
  if ((await perform('tour', { step: number })) === undefined) store.ownStep = undefined;
}

/** The step that is under way, or the one that was started last on this page. */
function toldStep(): number {
  const running = store.tour.findIndex(({ state }) => state === 'running');
  return running === -1 ? (store.ownStep ?? 0) - 1 : running;
}

/** It stands below its step, or below the row of steps where there is room for a row. */
const telling = ({ said, rowId, state }: TourStepView, title: string, isTold: boolean): TemplateResult =>
  html`<div class="telling ${state}" ?hidden=${!isTold || said.length === 0}>
    <div role="log" aria-label="What happens: ${title}">
      <ol>
        ${repeat(
          said,
          (_, number) => number,
          (sentence) => html`<li dir="auto">${sentence}</li>`,
        )}
      </ol>
    </div>
    ${rowId === undefined ? nothing : html`<a href=${hashOf({ signUp: rowId, phase: '', panel: 'pipeline' })}>Its whole story</a>`}
  </div>`;

function step({ title, sentence }: (typeof TOUR_STEPS)[number], index: number): TemplateResult {
  const view = store.tour[index] ?? OPEN;
  const { state } = view;
  const isBusy = store.tour.some((other) => other.state === 'running');
  return html`<li>
    <div class="step ${state}">
      <h3><span class="number" aria-hidden="true">${state === 'done' ? '✓' : index + 1}</span>${title}</h3>
      <p>${sentence}</p>
      <button
        aria-label="${LABEL[state]}: step ${index + 1}, ${title}"
        aria-disabled=${isBusy ? 'true' : 'false'}
        @click=${() => begin(index + 1)}
      >
        ${LABEL[state]}
      </button>
    </div>
    ${telling(view, title, index === toldStep())}
  </li>`;
}

export const tourPanel = (): TemplateResult =>
  html`<section id="tour" data-panel="tour" aria-labelledby="tour-title">
    <h2 id="tour-title">The tour <small>Six cases, three minutes</small></h2>
    <ol class="steps">
      ${TOUR_STEPS.map(step)}
    </ol>
  </section>`;
