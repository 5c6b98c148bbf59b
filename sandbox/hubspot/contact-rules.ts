import { type Answer, conflict, invalidProperties, oldConflict } from './answers.ts';
import { missingRequired } from './object-refusals.ts';
import type { Contact, Portal } from './portal.ts';
import { type Properties, type PropertyProblem, propertyProblems } from './properties.ts';
import type { Account } from './settings.ts';
import { type ApiVersion, enforcesRequired } from './versions.ts';

/** Values of unique properties that another contact has already. */
function duplicates(portal: Portal, properties: Properties, self: Contact | undefined): PropertyProblem[] {
  const unique = Object.entries(properties).filter(
    ([name, value]) => value && portal.contactDefinitions.get(name)?.unique,
  );
  return unique.flatMap(([name, value]) => {
    const holder = portal.contacts().find((other) => other !== self && other.properties[name] === value);
    if (!holder) return [];
    const where = `{portalId=1234567, objectTypeId=0-1, objectId=${self?.id ?? 'null'}, propertyName=${name}}`;
    const message = `Cannot set PropertyValueCoordinates${where}=${value}. ${holder.id} already has that value.`;
    return [{ name, code: 'CONFLICTING_UNIQUE_VALUE', message }];
  });
}

/**
 * An address that was deleted under the GDPR. HubSpot does not document its answer. The message is the one that HubSpot's
 * own pages look for; that the code is that of a bad address is a guess.
 */
const blocked = (portal: Portal, { email }: Properties): PropertyProblem[] =>
  email && portal.isBlocked(email)
    ? [{ name: 'email', code: 'INVALID_EMAIL', message: 'email has been GDPR blacklisted' }]
    : [];

/**
 * The required properties that a write leaves empty. Of an update, only what it empties: whether one is refused because
 * the card lacked a property before, only a live account can tell.
 */
function missing(
  { contactDefinitions }: Portal,
  properties: Properties,
  self: Contact | undefined,
): string[] {
  const required = [...contactDefinitions].filter(([, definition]) => definition.required);
  return required
    .map(([name]) => name)
    .filter((name) => !properties[name] && (!self || Object.hasOwn(properties, name)));
}

function taken({ portal, settings }: Account, { email }: Properties, self: Contact | undefined) {
  const holder = email ? portal.contactByEmail(email) : undefined;
  if (!email || !holder || holder === self) return undefined;
  return settings.conflictCategory === 'CONFLICT'
    ? conflict(holder.id)
    : oldConflict(holder.id, email.toLowerCase());
}

/** Why HubSpot would refuse these values for a contact, if it would. @param self the contact that an update is for */
export function contactRefusal(
  account: Account,
  version: ApiVersion,
  properties: Properties,
  self?: Contact,
): Answer | undefined {
  const { portal } = account;
  const problems = [
    ...propertyProblems(properties, portal.contactDefinitions),
    ...blocked(portal, properties),
    ...duplicates(portal, properties, self),
  ];
  if (problems.length > 0) return invalidProperties(problems);
  const lacking = enforcesRequired(version) ? missing(portal, properties, self) : [];
  if (lacking.length > 0) return missingRequired(lacking);
  return taken(account, properties, self);
}
