import { isAddress } from './address-rule.ts';

/** Property values as HubSpot keeps and returns them: strings, or null where nothing is set. */
export type Properties = Record<string, string | null>;

/** One property of an object type, as far as the sandbox needs it. */
export interface PropertyDefinition {
  readonly label: string;
  readonly type: 'string' | 'datetime' | 'enumeration';
  /** The only values an enumeration takes. */
  readonly options?: readonly string[];
  readonly readOnly?: boolean;
  /** No two contacts can have the same value. Addresses are unique in any case, and in another way. */
  readonly unique?: boolean;
  /** An administrator wants it filled in: people have to, and programs under versions that enforce it. */
  readonly required?: boolean;
}

/** By name. A test may delete or add one, as an administrator can. */
export type PropertyDefinitions = Map<string, PropertyDefinition>;

const text = (label: string): PropertyDefinition => ({ label, type: 'string' });
const computed = (label: string): PropertyDefinition => ({ label, type: 'datetime', readOnly: true });

/** HubSpot's default options, then the account's own properties: `username`, `lead_source_type`, `team_ownership`. */
export const contactProperties = (): PropertyDefinitions =>
  new Map<string, PropertyDefinition>([
    ['email', text('Email')],
    ['firstname', text('First Name')],
    ['lastname', text('Last Name')],
    ['company', text('Company Name')],
    ['phone', text('Phone Number')],
    ['website', text('Website URL')],
    ['hubspot_owner_id', text('Contact owner')],
    ['createdate', { label: 'Create Date', type: 'datetime' }],
    ['lastmodifieddate', computed('Last Modified Date')],
    ['hs_object_id', { label: 'Record ID', type: 'string', readOnly: true }],
    ['hs_additional_emails', { label: 'Additional email addresses', type: 'string', readOnly: true }],
    [
      'lifecyclestage',
      {
        label: 'Lifecycle Stage',
        type: 'enumeration',
        options: [
          'subscriber',
          'lead',
          'marketingqualifiedlead',
          'salesqualifiedlead',
          'opportunity',
          'customer',
          'evangelist',
          'other',
        ],
      },
    ],
    [
      'hs_lead_status',
      {
        label: 'Lead Status',
        type: 'enumeration',
        options: [
          'NEW',
          'OPEN',
          'IN_PROGRESS',
          'OPEN_DEAL',
          'UNQUALIFIED',
          'ATTEMPTED_TO_CONTACT',
          'CONNECTED',
          'BAD_TIMING',
        ],
      },
    ],
    ['username', text('Username')],
    ['lead_source_type', text('Lead source type')],
    ['team_ownership', text('Team ownership')],
  ]);

/** The properties of a note that HubSpot documents, and its computed ones. */
export const noteProperties = (): PropertyDefinitions =>
  new Map<string, PropertyDefinition>([
    ['hs_note_body', text('Note body')],
    ['hs_timestamp', { label: 'Activity date', type: 'datetime' }],
    ['hubspot_owner_id', text('Activity assigned to')],
    ['hs_attachment_ids', text('Attached file IDs')],
    ['hs_createdate', computed('Create date')],
    ['hs_lastmodifieddate', computed('Last modified date')],
    ['hs_object_id', { label: 'Record ID', type: 'string', readOnly: true }],
  ]);

/** What is wrong with one value, in HubSpot's words and with its code. */
export interface PropertyProblem {
  name: string;
  code:
    | 'PROPERTY_DOESNT_EXIST'
    | 'INVALID_EMAIL'
    | 'INVALID_OPTION'
    | 'READ_ONLY_VALUE'
    | 'INVALID_DATE'
    | 'TOO_LONG'
    | 'CONFLICTING_UNIQUE_VALUE';
  message: string;
}

/** What HubSpot says of an address that it does not take. */
export const invalidAddress = (email: string): PropertyProblem => ({
  name: 'email',
  code: 'INVALID_EMAIL',
  message: `Email address ${email} is invalid`,
});

/** The instant a date-time value stands for: milliseconds since 1970, or ISO 8601 with a time zone. */
export function instantOf(value: string): Date | undefined {
  const isInstant =
    /^-?\d+$/.test(value) || /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/.test(value);
  const date = new Date(/^-?\d+$/.test(value) ? Number(value) : value);
  return isInstant && !Number.isNaN(date.getTime()) ? date : undefined;
}

function problemOf(
  name: string,
  value: string,
  definition: PropertyDefinition | undefined,
): PropertyProblem | undefined {
  if (!definition)
    return { name, code: 'PROPERTY_DOESNT_EXIST', message: `Property "${name}" does not exist` };
  if (definition.readOnly) {
    return {
      name,
      code: 'READ_ONLY_VALUE',
      message: `"${name}" is a read only property; its value cannot be set.`,
    };
  }
  if (value === '') return undefined;
  if (name === 'email' && !isAddress(value)) return invalidAddress(value);
  if (definition.options && !definition.options.includes(value)) {
    const message = `${value} was not one of the allowed options: [${definition.options.join(', ')}]`;
    return { name, code: 'INVALID_OPTION', message };
  }
  if (definition.type === 'datetime' && !instantOf(value)) {
    return { name, code: 'INVALID_DATE', message: `${value} was not a valid long.` };
  }
  // HubSpot's documentation of notes and of text properties gives the same number.
  if (value.length > 65_536)
    return { name, code: 'TOO_LONG', message: `"${name}" is longer than 65536 characters` };
  return undefined;
}

/** Every problem HubSpot would find with these values. */
export const propertyProblems = (
  properties: Properties,
  definitions: PropertyDefinitions,
): PropertyProblem[] =>
  Object.entries(properties)
    .map(([name, value]) => problemOf(name, value ?? '', definitions.get(name)))
    .filter((problem) => problem !== undefined);
