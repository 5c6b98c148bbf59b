import type { Call } from './journal.ts';
import type { Note } from './notes.ts';
import { escapeHtml } from './object-view.ts';
import type { Contact } from './portal.ts';
import type { HubSpotSandbox } from './sandbox.ts';
import { pageStyle } from './support-page-style.ts';

const CARDS_SHOWN = 100;
const CALLS_SHOWN = 60;
const REFRESH_SECONDS = 3;

/** What a card's header tells already, or what people at the support desk never ask for. */
const HIDDEN = new Set([
  'email',
  'firstname',
  'lastname',
  'createdate',
  'lastmodifieddate',
  'hs_object_id',
  'hs_additional_emails',
]);

const day = (date: Date): string => date.toISOString().slice(0, 10);
const second = (date: Date): string => date.toISOString().slice(11, 19);

const time = (date: Date): string =>
  `<time datetime="${date.toISOString()}" title="${date.toISOString()}">${day(date)} ${second(date)}</time>`;

function noteItem({ properties }: Note): string {
  const at = new Date(properties.hs_timestamp ?? '');
  const when = Number.isNaN(at.getTime()) ? '' : time(at);
  const owner = properties.hubspot_owner_id ? ` · owner ${escapeHtml(properties.hubspot_owner_id)}` : '';
  return `<li><p>${escapeHtml(properties.hs_note_body ?? '')}</p><small>${when}${owner}</small></li>`;
}

function card(contact: Contact, notes: readonly Note[]): string {
  const { id, properties, createdAt, updatedAt, secondaryEmails } = contact;
  const name = [properties.firstname, properties.lastname].filter(Boolean).join(' ');
  const email = properties.email ?? 'no address';
  const initial = [...(name || email)][0] ?? '';
  const rows = Object.entries(properties)
    .filter(([key, value]) => value !== null && !HIDDEN.has(key))
    .map(([key, value]) => `<dt>${escapeHtml(key)}</dt><dd>${escapeHtml(value ?? '')}</dd>`);
  const more = secondaryEmails.map((address) => `<span class="also">also ${escapeHtml(address)}</span>`);
  const changed = updatedAt.getTime() === createdAt.getTime() ? '' : ` · updated ${time(updatedAt)}`;
  return `<article>
<header><span class="initial" aria-hidden="true">${escapeHtml(initial.toUpperCase())}</span>
<div><h3>${escapeHtml(name || email)}</h3>${name ? `<span class="also">${escapeHtml(email)}</span>` : ''}${more.join('')}
<small>${escapeHtml(id)} · created ${time(createdAt)}${changed}</small></div></header>
<dl>${rows.join('')}</dl>
${notes.length > 0 ? `<h4>Notes</h4><ol class="notes">${notes.map(noteItem).join('')}</ol>` : ''}
</article>`;
}

function statusClass(status: Call['status']): string {
  if (status === 'pending') return 'waiting';
  if (typeof status === 'string' || status >= 500) return 'bad';
  return status < 300 ? 'good' : 'refused';
}

const callRow = ({ at, method, path, status, emails }: Call): string => `<tr>
<td>${second(new Date(at))}</td><td><b class="${statusClass(status)}">${status}</b></td>
<td><code>${escapeHtml(method)} ${escapeHtml(path)}</code><small>${escapeHtml(emails.join(', '))}</small></td></tr>`;

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The account as people at a support desk would see it: cards and their notes, latest change first, beside the recent calls. */
export function supportPage({ portal, journal, settings }: HubSpotSandbox): string {
  const contacts = portal.contacts().sort((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime());
  const calls = journal.entries();
  const cards = contacts.slice(0, CARDS_SHOWN).map((contact) => card(contact, portal.notesOf(contact.id)));
  const rows = calls.slice(-CALLS_SHOWN).reverse().map(callRow);
  const limit = Number.isFinite(settings.requestsPer10s)
    ? `limit ${settings.requestsPer10s} in 10 s`
    : 'no burst limit';
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${REFRESH_SECONDS}"><title>HubSpot sandbox</title><style>${pageStyle}</style></head>
<body><header class="bar"><h1>HubSpot sandbox</h1>
<p>${counted(contacts.length, 'contact')} · ${counted(calls.length, 'request')} · ${limit} · times in UTC</p></header>
<main><section><h2>Contacts</h2>${cards.join('\n') || '<p class="empty">No contacts yet. Verify a sign-up, and its card appears here.</p>'}
${contacts.length > CARDS_SHOWN ? `<p class="empty">and ${contacts.length - CARDS_SHOWN} older ones</p>` : ''}</section>
<section><h2>Recent requests</h2>${rows.length > 0 ? `<table>${rows.join('\n')}</table>` : '<p class="empty">None yet.</p>'}</section></main>
</body></html>
`;
}
