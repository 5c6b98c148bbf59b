import { html, type TemplateResult } from 'lit-html';
import { duration } from '../words.ts';

/** So long something counts as just changed. */
const FRESH_MS = 6_000;

export const isFresh = (at: number): boolean => Date.now() - at < FRESH_MS;

const two = (number: number): string => String(number).padStart(2, '0');

function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `18:04:12` today, with the date on other days: the same way for readers of every country. */
export function time(at: number): TemplateResult {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const text = isToday ? clock(date) : day;
  return html`<time datetime=${date.toISOString()} title=${date.toISOString()}>${text}</time>`;
}

/** How long until then; `now` where that has passed. */
export function until(at: number): string {
  const left = at - Date.now();
  return left <= 0 ? 'now' : `in ${duration(Math.max(Math.ceil(left / 1_000) * 1_000, 1_000))}`;
}
