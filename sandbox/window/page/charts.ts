import { html, svg, type TemplateResult } from 'lit-html';
import { duration } from '../words.ts';

const WIDTH = 240;
const HEIGHT = 44;
const GAP = 1;

interface Chart {
  title: string;
  values: readonly number[];
  /** What the newest, and the largest, are in words. */
  summary: string;
  tone: string;
}

/** Sixty bars, the newest on the right. */
function bars({ title, values, summary, tone }: Chart): TemplateResult {
  const top = Math.max(...values, 1);
  const step = WIDTH / values.length;
  const shapes = values.map((value, index) => {
    const height = value === 0 ? 0 : Math.max((value / top) * (HEIGHT - 2), 2);
    return svg`<rect x=${index * step} y=${HEIGHT - height} width=${step - GAP} height=${height} rx="1"></rect>`;
  });
  return html`<figure class="chart ${tone}">
    <figcaption><span>${title}</span> <b>${summary}</b></figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}: ${summary}">
      <line x1="0" x2=${WIDTH} y1=${HEIGHT - 0.5} y2=${HEIGHT - 0.5}></line>
      ${shapes}
    </svg>
  </figure>`;
}

export function throughput(synced: readonly number[]): TemplateResult {
  const sum = synced.reduce((a, b) => a + b, 0);
  return bars({
    title: 'Synced in the last minute',
    values: synced,
    summary: sum === 0 ? 'nobody' : `${sum}, at most ${Math.max(...synced)} a second`,
    tone: 'good',
  });
}

export function latency(slowestMs: readonly number[]): TemplateResult {
  const longest = Math.max(...slowestMs);
  return bars({
    title: 'From sign-up to card',
    values: slowestMs,
    summary: longest === 0 ? 'nobody' : `${duration(longest)} at most`,
    tone: 'plain',
  });
}

/** HubSpot's limit for ten seconds, and how much of it is used up. */
export function rateBar({ used, limit }: { used: number; limit: number | null }): TemplateResult {
  const most = limit ?? Math.max(used, 1);
  const width = Math.min(used / most, 1) * WIDTH;
  const text = limit === null ? `${used}, no limit` : `${used} of ${limit}`;
  return html`<figure class="chart rate ${used / most > 0.9 ? 'warn' : 'accent'}">
    <figcaption><span>Requests in ten seconds</span> <b>${text}</b></figcaption>
    <svg
      viewBox="0 0 ${WIDTH} 8"
      preserveAspectRatio="none"
      role="meter"
      aria-label="Requests of HubSpot's limit for ten seconds"
      aria-valuemin="0"
      aria-valuemax=${most}
      aria-valuenow=${used}
    >
      <rect class="track" width=${WIDTH} height="8" rx="4"></rect>
      <rect width=${width} height="8" rx="4"></rect>
    </svg>
  </figure>`;
}
