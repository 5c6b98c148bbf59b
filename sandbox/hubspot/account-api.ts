import * as z from 'zod/mini';
import { type Answer, invalidAuthentication, notFound, unknownToken, validationError } from './answers.ts';
import { judge } from './authorization.ts';
import { readBody } from './request-body.ts';
import type { Account } from './settings.ts';
import { isSpoken } from './versions.ts';

const HUB_ID = 1_234_567;

/** `GET properties/contacts/{name}`: how an administrator set the property up. */
export function readProperty({ portal }: Account, name: string): Answer {
  const definition = portal.contactDefinitions.get(name);
  if (!definition) return notFound;
  const { label, type, options = [], readOnly = false, unique = false } = definition;
  return {
    status: 200,
    body: {
      name,
      label,
      type,
      fieldType: type === 'enumeration' ? 'select' : type === 'datetime' ? 'date' : 'text',
      groupName: 'contactinformation',
      description: '',
      options: options.map((value, displayOrder) => ({ label: value, value, displayOrder, hidden: false })),
      hasUniqueValue: unique || name === 'email',
      calculated: false,
      archived: false,
      modificationMetadata: { archivable: true, readOnlyDefinition: false, readOnlyValue: readOnly },
    },
  };
}

/**
 * `GET /crm-object-schemas/{version}/schemas/contacts`, as far as it tells which properties are required. HubSpot documents
 * it for all object types; of contacts, only a live account can tell how much of an administrator's rules is in it.
 */
export function readContactSchema({ portal }: Account): Answer {
  const definitions = [...portal.contactDefinitions];
  return {
    status: 200,
    body: {
      id: '0-1',
      name: 'contact',
      fullyQualifiedName: 'contact',
      labels: { singular: 'Contact', plural: 'Contacts' },
      requiredProperties: definitions.filter(([, { required }]) => required).map(([name]) => name),
      searchableProperties: ['email'],
      primaryDisplayProperty: 'email',
      properties: [],
      associations: [],
      archived: false,
    },
  };
}

/** `GET owners/{id}`. */
export function readOwner({ portal }: Account, id: string): Answer {
  if (!portal.ownerIds.has(id)) return notFound;
  const date = '2024-01-01T00:00:00.000Z';
  const names = { email: `owner-${id}@example.org`, firstName: 'Owner', lastName: id, type: 'PERSON' };
  return {
    status: 200,
    body: { id, ...names, userId: Number(id), createdAt: date, updatedAt: date, archived: false },
  };
}

/** `POST /oauth/v2/private-apps/get/access-token-info`: what a private app's token is good for. */
export function readToken({ settings }: Account, body: string): Answer {
  const read = readBody(body, z.strictObject({ tokenKey: z.string() }));
  if ('refusal' in read) return validationError('A tokenKey is required');
  const isPrivateApps = settings.tokenKind === 'private-app';
  if (!isPrivateApps || read.data.tokenKey !== settings.accessToken) return unknownToken;
  return { status: 200, body: { userId: 1, hubId: HUB_ID, appId: 1, scopes: [...settings.scopes] } };
}

/** `GET /account-info/{version}/details`: which account a token is for. Any token of it may ask. */
export function readDetails(
  { settings }: Account,
  version: string,
  authorization: string | undefined,
): Answer {
  if (judge(authorization, settings.accessToken) !== 'right') return invalidAuthentication;
  if (!isSpoken(version) || settings.switchedOff.has(version)) return notFound;
  return {
    status: 200,
    body: {
      portalId: HUB_ID,
      accountType: settings.accountType,
      timeZone: 'UTC',
      companyCurrency: 'USD',
      additionalCurrencies: [],
      utcOffset: '+00:00',
      utcOffsetMilliseconds: 0,
      uiDomain: 'app.hubspot.com',
      dataHostingLocation: 'na1',
    },
  };
}
