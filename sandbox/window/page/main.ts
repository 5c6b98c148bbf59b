import { html, render, type TemplateResult } from 'lit-html';
import { onFrame, redraw } from './frame.ts';
import { handsPanel } from './hands.ts';
import { pipelinePanel } from './pipeline.ts';
import { hashOf, PANELS, readRoute, replaceRoute } from './route.ts';
import { listen } from './server.ts';
import { store } from './store.ts';
import { supportPanel } from './support.ts';
import { tourPanel } from './tour.ts';

const PANEL_NAMES = { tour: 'Tour', hands: 'Hands', pipeline: 'Pipeline', support: 'Support' } as const;

/** Back-offs count down, and what is fresh fades, while nothing else changes. */
const TICK_MS = 1_000;

let followed: string | undefined;

/** The step that was started here leads to its sign-up, and to the card once there is one. */
function followTheTour(): void {
  const { rowId } = store.tour[(store.ownStep ?? 0) - 1] ?? {};
  if (rowId === undefined) return;
  const { contactId = '' } = store.rows.get(rowId) ?? {};
  const now = `${rowId} ${contactId}`;
  if (now === followed) return;
  followed = now;
  replaceRoute({ signUp: rowId, ...(contactId !== '' && { card: contactId }) });
}

function header(): TemplateResult {
  const { connected, server } = store;
  const state = connected ? 'live' : server === undefined ? 'connecting' : 'away';
  const words = {
    live: 'Live',
    connecting: 'Connecting …',
    away: 'The server is away: what you see is from before. Trying again …',
  };
  return html`<header class="top">
    <h1>From sign-up to contact card</h1>
    <p class="hint">All of it is on this machine. Nothing reaches a real HubSpot.</p>
    <p class="connection ${state}" role="status">${words[state]}</p>
  </header>`;
}

const navigation = (panel: string): TemplateResult =>
  html`<nav class="panels" aria-label="Parts of this page">
    ${PANELS.map(
      (each) =>
        html`<a href=${hashOf({ panel: each })} aria-current=${each === panel ? 'true' : 'false'}>${PANEL_NAMES[each]}</a>`,
    )}
  </nav>`;

function message(): TemplateResult {
  const { text = '', isProblem = false } = store.message ?? {};
  return html`<div class="message ${isProblem ? 'problem' : ''}" role="status" ?hidden=${text === ''}>
    <span dir="auto">${text}</span>
    <button
      aria-label="Close this message"
      @click=${() => {
        store.message = undefined;
        redraw();
      }}
    >
      ✕
    </button>
  </div>`;
}

function draw(): void {
  followTheTour();
  const route = readRoute();
  render(
    html`${header()} ${navigation(route.panel)}
      <main data-show=${route.panel}>
        ${tourPanel()}
        <div class="columns">${handsPanel()} ${pipelinePanel(route)} ${supportPanel(route)}</div>
      </main>
      ${message()}`,
    document.body,
  );
}

onFrame(draw);
addEventListener('hashchange', redraw);
setInterval(redraw, TICK_MS);
listen();
redraw();
