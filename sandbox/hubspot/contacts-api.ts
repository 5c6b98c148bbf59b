import { type Answer, conflict, invalidProperties, notFound } from './answers.ts';
import { associationPage } from './associations-api.ts';
import { contactView, historyView } from './object-view.ts';
import { propertyProblems } from './properties.ts';
import { createBody, readBody, updateBody } from './request-body.ts';
import type { Account } from './settings.ts';

/** The values of a query parameter, repeated or separated by commas (HubSpot takes both). */
export const listParameter = (query: URLSearchParams, name: string): string[] =>
  query.getAll(name).flatMap((value) => value.split(',').filter((part) => part !== ''));

/** `POST /crm/v3/objects/contacts`. */
export function createContact({ portal }: Account, body: string): Answer {
  const read = readBody(body, createBody);
  if ('refusal' in read) return read.refusal;
  const { properties } = read.data;
  const problems = propertyProblems(properties, portal.contactDefinitions);
  if (problems.length > 0) return invalidProperties(problems);
  const holder = properties.email ? portal.contactByEmail(properties.email) : undefined;
  if (holder) return conflict(holder.id);
  const created = portal.createContact(properties, { by: 'INTEGRATION' });
  return { status: 201, body: contactView(created, Object.keys(properties), portal.contactDefinitions) };
}

/** `PATCH /crm/v3/objects/contacts/{id}`. */
export function updateContact({ portal }: Account, id: string, body: string): Answer {
  const read = readBody(body, updateBody);
  if ('refusal' in read) return read.refusal;
  const { properties } = read.data;
  const contact = portal.contact(id);
  if (!contact) return notFound;
  const problems = propertyProblems(properties, portal.contactDefinitions);
  if (problems.length > 0) return invalidProperties(problems);
  const holder = properties.email ? portal.contactByEmail(properties.email) : undefined;
  if (holder && holder !== contact) return conflict(holder.id);
  const updated = portal.updateContact(contact.id, properties, { by: 'INTEGRATION' });
  return { status: 200, body: contactView(updated, Object.keys(properties), portal.contactDefinitions) };
}

/** `GET /crm/v3/objects/contacts/{id}`, with `properties`, `propertiesWithHistory` and `associations`. */
export function readContact(account: Account, id: string, query: URLSearchParams): Answer {
  const { portal } = account;
  const contact = portal.contact(id);
  if (!contact) return notFound;
  const view = contactView(contact, listParameter(query, 'properties'), portal.contactDefinitions);
  const asked = listParameter(query, 'propertiesWithHistory');
  const history = asked.length > 0 && { propertiesWithHistory: historyView(contact, asked) };
  const wantsNotes = listParameter(query, 'associations').some((type) => /^notes?$/i.test(type));
  // HubSpot leaves an object type without associations out altogether.
  const associations =
    wantsNotes && portal.notesOf(contact.id).length > 0
      ? { associations: { notes: associationPage(account, contact.id, {}) } }
      : {};
  return { status: 200, body: { ...view, ...history, ...associations } };
}
