import { type Answer, validationError } from './answers.ts';
import { associationPage } from './associations-api.ts';
import { batchAnswer, unknownObjects } from './batch-answer.ts';
import { contactRefusal } from './contact-rules.ts';
import { noSuchObject } from './object-refusals.ts';
import { contactView, historyView } from './object-view.ts';
import type { Contact, Portal } from './portal.ts';
import {
  batchReadBody,
  batchSizeProblem,
  createBody,
  mergeBody,
  readBody,
  searchBody,
  updateBody,
} from './request-body.ts';
import type { Account } from './settings.ts';
import type { ApiVersion } from './versions.ts';

/** The values of a query parameter, repeated or separated by commas (HubSpot takes both). */
export const listParameter = (query: URLSearchParams, name: string): string[] =>
  query.getAll(name).flatMap((value) => value.split(',').filter((part) => part !== ''));

/** `POST objects/contacts`. */
export function createContact(account: Account, version: ApiVersion, body: string): Answer {
  const { portal } = account;
  const read = readBody(body, createBody);
  if ('refusal' in read) return read.refusal;
  const { properties } = read.data;
  const refusal = contactRefusal(account, version, properties);
  if (refusal) return refusal;
  const created = portal.createContact(properties, { by: 'INTEGRATION' });
  return { status: 201, body: contactView(created, Object.keys(properties), portal.contactDefinitions) };
}

/** `PATCH objects/contacts/{id}`, by an address instead with `idProperty`. */
export function updateContact(
  account: Account,
  version: ApiVersion,
  id: string,
  query: URLSearchParams,
  body: string,
): Answer {
  const { portal } = account;
  const read = readBody(body, updateBody);
  if ('refusal' in read) return read.refusal;
  const { properties } = read.data;
  const find = finder(portal, query.get('idProperty') ?? undefined);
  const contact = find?.(decodeURIComponent(id));
  if (!contact) return noSuchObject(id);
  const refusal = contactRefusal(account, version, properties, contact);
  if (refusal) return refusal;
  const updated = portal.updateContact(contact.id, properties, { by: 'INTEGRATION' });
  return { status: 200, body: contactView(updated, Object.keys(properties), portal.contactDefinitions) };
}

/** `DELETE objects/contacts/{id}`: into the recycling bin. */
export function archiveContact({ portal }: Account, id: string): Answer {
  const contact = portal.contact(id);
  if (!contact) return noSuchObject(id);
  portal.archiveContact(contact.id);
  return { status: 204 };
}

/** `POST objects/contacts/merge`: the answer is the contact that is left. */
export function mergeContacts({ portal, settings }: Account, body: string): Answer {
  const read = readBody(body, mergeBody);
  if ('refusal' in read) return read.refusal;
  const { primaryObjectId, objectIdToMerge } = read.data;
  const [survivor, gone] = [portal.contact(primaryObjectId), portal.contact(objectIdToMerge)];
  if (!survivor || !gone) return noSuchObject(survivor ? objectIdToMerge : primaryObjectId);
  if (survivor === gone) return validationError('A contact cannot be merged with itself');
  portal.merge(gone.id, survivor.id, { goneAnswers: settings.mergedIds });
  return { status: 200, body: contactView(survivor, [], portal.contactDefinitions) };
}

const withHistory = (contact: Contact, asked: readonly string[]) =>
  asked.length > 0 && { propertiesWithHistory: historyView(contact, asked) };

/** `GET objects/contacts/{id}`, with `properties`, `propertiesWithHistory`, `associations` and `archived`. */
export function readContact(
  account: Account,
  version: ApiVersion,
  id: string,
  query: URLSearchParams,
): Answer {
  const { portal } = account;
  const contact = query.get('archived') === 'true' ? portal.archivedContact(id) : portal.contact(id);
  if (!contact) return noSuchObject(id);
  const view = contactView(contact, listParameter(query, 'properties'), portal.contactDefinitions);
  const history = withHistory(contact, listParameter(query, 'propertiesWithHistory'));
  const wantsNotes = listParameter(query, 'associations').some((type) => /^notes?$/i.test(type));
  // HubSpot leaves an object type without associations out altogether.
  const associations =
    wantsNotes && portal.notesOf(contact.id).length > 0
      ? { associations: { notes: associationPage(account, version, contact.id) } }
      : {};
  return { status: 200, body: { ...view, ...history, ...associations } };
}

/**
 * How a batch read finds its contacts. By `email` it is the primary address here, in any case; whether HubSpot finds a
 * secondary one too, only a live account can tell.
 */
function finder(
  portal: Portal,
  idProperty: string | undefined,
): ((id: string) => Contact | undefined) | undefined {
  if (idProperty === undefined || idProperty === 'hs_object_id') return portal.contact;
  if (idProperty !== 'email') return undefined;
  return (email) => {
    const holder = portal.contactByEmail(email);
    return holder?.properties.email === email.toLowerCase() ? holder : undefined;
  };
}

/** `POST objects/contacts/search`, as far as one address is looked for. */
export function searchContacts({ portal }: Account, body: string): Answer {
  const read = readBody(body, searchBody);
  if ('refusal' in read) return read.refusal;
  const found = finder(portal, 'email')?.(read.data.filterGroups[0].filters[0].value);
  const results = found === undefined ? [] : [contactView(found, [], portal.contactDefinitions)];
  return { status: 200, body: { total: results.length, results } };
}

/** `POST objects/contacts/batch/read`: up to 100 contacts, by ID or by address; unknown ones are named in `errors`. */
export function readContacts({ portal, now }: Account, version: ApiVersion, body: string): Answer {
  const startedAt = now();
  const read = readBody(body, batchReadBody);
  if ('refusal' in read) return read.refusal;
  const { inputs, idProperty, properties = [], propertiesWithHistory = [] } = read.data;
  const problem = batchSizeProblem(inputs);
  if (problem) return problem;
  const find = finder(portal, idProperty);
  if (!find) return validationError(`Property "${idProperty}" is not a unique identifier of CONTACT`);
  const ids = inputs.map(({ id }) => id);
  const found = new Set(ids.flatMap((id) => find(id) ?? []));
  const results = [...found].map((contact) => ({
    ...contactView(contact, properties, portal.contactDefinitions),
    ...withHistory(contact, propertiesWithHistory),
  }));
  const unknown = [...new Set(ids.filter((id) => !find(id)))];
  const errors = unknown.length === 0 ? [] : [unknownObjects('CONTACT', unknown)];
  return batchAnswer(version, { startedAt, completedAt: now() }, results, errors);
}
