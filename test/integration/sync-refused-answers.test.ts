import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  conflict,
  expiredAuthentication,
  invalidAuthentication,
  invalidEmail,
  invalidProperties,
  missingScopes,
  notFound,
  oldConflict,
  uniquePropertyConflict,
  validationError,
} from '../../sandbox/hubspot/answers.ts';
import type { Fault } from '../../sandbox/hubspot/faults.ts';
import type { Portal } from '../../sandbox/hubspot/portal.ts';
import { existingContactDifferences } from '../../sandbox/ticket-check.ts';
import { API_VERSION, CONTACTS, NOTES } from './support/api-version.ts';
import { cardOf, LONG_AGO } from './support/card.ts';
import { countIn } from './support/metrics.ts';
import { type Person, person } from './support/people.ts';
import { type Instance, message, type Sync, startSync } from './support/sync.ts';

/*
 * Answers that mean "never", and those that only an operator can mend.
 */

const CORRELATION_ID = '2dea5219-07f2-40ce-82ec-9c2e302317a4';
/** The upper half of RETRY_MAX_SECONDS. */
const LONGEST_BACK_OFF = [3_600, 7_200] as const;

let sync: Sync;
let instance: Instance;

beforeAll(async () => {
  sync = await startSync();
  instance = sync.instance();
});
beforeEach(() => sync.reset());
afterAll(() => sync.stop());

const existing = (): Person => {
  const someone = person();
  sync.hubspot.portal.createContact({ email: someone.email }, { createdAt: LONG_AGO });
  return someone;
};

const status = (code: number, body?: object | string): Fault => ({ type: 'status', status: code, body });

describe('rejected: this person’s own values, a dead letter at once with the reason', () => {
  it.each<[string, (someone: Person) => Fault, string]>([
    [
      '400 that quotes the address back',
      ({ email }) =>
        status(
          400,
          invalidProperties([{ name: 'email', code: 'INVALID_EMAIL', message: `${email} is invalid` }]).body,
        ),
      'answered 400 VALIDATION_ERROR (email: INVALID_EMAIL).',
    ],
    [
      '400 that quotes the username back',
      ({ username }) =>
        status(
          400,
          invalidProperties([{ name: 'username', code: 'TOO_LONG', message: `${username}!` }]).body,
        ),
      'answered 400 VALIDATION_ERROR (username: TOO_LONG).',
    ],
    [
      '400 that says so in the list of errors only',
      ({ username }) =>
        status(400, {
          ...validationError('The property values provided are invalid').body,
          errors: [{ message: `${username} is taken`, code: 'CONFLICTING_UNIQUE_VALUE', in: 'username' }],
        }),
      'answered 400 VALIDATION_ERROR (username: CONFLICTING_UNIQUE_VALUE).',
    ],
    [
      '409 of a unique property',
      () => ({ type: 'status', ...uniquePropertyConflict }),
      'answered 409 OBJECT_ALREADY_EXISTS (username: refused).',
    ],
    [
      '409 of a unique property, in whose text a stranger’s ID stands',
      () =>
        status(409, {
          ...conflict('91000000024').body,
          errors: [{ code: 'CONFLICTING_UNIQUE_VALUE', context: { propertyName: ['username'] } }],
        }),
      'answered 409 CONFLICT (username: CONFLICTING_UNIQUE_VALUE).',
    ],
  ])('%s', async (_, fault, reason) => {
    const someone = person();
    sync.hubspot.faults.add({ do: fault(someone) });
    const sent = message(someone);
    const before = instance.lines.length;
    const { failed, hiddenSeconds, deadLetter, line } = await instance.deliver(sent);

    expect(failed).toBe(false);
    expect(hiddenSeconds).toBeUndefined();
    expect(sync.hubspot.journal.entries()).toHaveLength(1);
    expect(deadLetter?.body).toBe(sent.body);
    expect(deadLetter?.messageAttributes).toMatchObject({
      ErrorCode: { DataType: 'String', StringValue: 'HubSpotRejected' },
      ErrorMessage: { DataType: 'String', StringValue: `POST ${CONTACTS} ${reason}` },
      RequestID: { DataType: 'String', StringValue: line.function_request_id },
      Deliveries: { DataType: 'Number', StringValue: '1' },
    });
    expect(line).toMatchObject({ outcome: 'dead-letter', failure: 'rejected', hubspotRequests: 1 });
    expect(countIn(instance.lines.slice(before), 'DeadLetter', { ErrorCode: 'HubSpotRejected' })).toBe(1);
  });

  it('the dead letter has the correlation ID that HubSpot’s support will ask for, from the body or the header', async () => {
    sync.hubspot.faults.add({ do: { type: 'status', ...invalidEmail } });
    const inBody = await instance.deliver(message(person()));
    expect(inBody.deadLetter?.messageAttributes.HubSpotCorrelationId?.StringValue).toBe(CORRELATION_ID);
    expect(inBody.line.hubspotCorrelationId).toBe(CORRELATION_ID);

    const { correlationId: _, ...withoutId } = invalidEmail.body;
    const headers = { 'x-hubspot-correlation-id': 'from-the-header' };
    sync.hubspot.faults.add({ do: { type: 'status', status: 400, headers, body: withoutId } });
    const inHeader = await instance.deliver(message(person()));
    expect(inHeader.deadLetter?.messageAttributes.HubSpotCorrelationId?.StringValue).toBe('from-the-header');

    const someone = person();
    sync.hubspot.faults.add({ do: status(400, { ...withoutId, correlationId: someone.email }) });
    const quoted = await instance.deliver(message(someone));
    expect(quoted.deadLetter).toBeDefined();
    expect(quoted.deadLetter?.messageAttributes.HubSpotCorrelationId?.StringValue).toBeUndefined();
  });

  it('the update can be rejected too', async () => {
    const path = `${CONTACTS}/`;
    sync.hubspot.faults.add({ method: 'PATCH', path, do: { type: 'status', ...uniquePropertyConflict } });
    const { deadLetter, line } = await instance.deliver(message(existing()));
    expect(deadLetter?.messageAttributes.ErrorMessage?.StringValue).toMatch(
      new RegExp(`^PATCH ${CONTACTS}/\\d+ answered 409 OBJECT_ALREADY_EXISTS \\(username: refused\\)\\.$`),
    );
    expect(line).toMatchObject({ failure: 'rejected', hubspotRequests: 2 });
  });
});

describe('misconfigured: what HubSpot’s owners have changed, and would refuse for everybody', () => {
  it.each<[string, (someone: Person) => Fault, string]>([
    [
      '400 that is all quotation',
      ({ email }) => status(400, validationError(email).body),
      'answered 400 VALIDATION_ERROR.',
    ],
    ['400 in HTML that quotes', ({ email }) => status(400, `<p>${email}</p>`), 'answered 400.'],
    ['400 with the address as category', ({ email }) => status(400, { category: email }), 'answered 400.'],
    ['404 on the create', () => ({ type: 'status', ...notFound }), 'answered 404 OBJECT_NOT_FOUND.'],
    ...[402, 403, 405, 406, 410, 413, 414, 415, 422, 451].map((code): [string, () => Fault, string] => [
      `${code}`,
      () => status(code),
      `answered ${code}.`,
    ]),
  ])('%s: the longest back-off and an alarm, and in the end a contact', async (_, fault, reason) => {
    const someone = person();
    sync.hubspot.faults.add({ do: fault(someone) });
    const before = instance.lines.length;
    const first = await instance.deliver(message(someone));

    expect(sync.hubspot.journal.entries()).toHaveLength(1);
    expect(first).toMatchObject({ failed: true, deadLetter: undefined });
    expect(first.line).toMatchObject({
      outcome: 'retry',
      failure: 'misconfigured',
      detail: `POST ${CONTACTS} ${reason}`,
      hubspotRequests: 1,
    });
    expect(first.hiddenSeconds).toBeGreaterThanOrEqual(LONGEST_BACK_OFF[0]);
    expect(first.hiddenSeconds).toBeLessThanOrEqual(LONGEST_BACK_OFF[1]);
    expect(countIn(instance.lines.slice(before), 'HubSpotRefusal')).toBe(1);
    expect(countIn(instance.lines.slice(before), 'HubSpotAuthFailure')).toBe(0);

    expect((await instance.redeliver(first)).line).toMatchObject({ outcome: 'created' });
    expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 0 });
  });

  /** What an administrator can do in HubSpot, and undo. */
  const changes: [string, (portal: Portal) => () => void, string][] = [
    [
      'a property renamed',
      ({ contactDefinitions: definitions }) => {
        const before = definitions.get('lead_source_type');
        definitions.delete('lead_source_type');
        return () => before && definitions.set('lead_source_type', before);
      },
      'lead_source_type: PROPERTY_DOESNT_EXIST',
    ],
    [
      'the property of the username renamed',
      ({ contactDefinitions: definitions }) => {
        const before = definitions.get('username');
        definitions.delete('username');
        return () => before && definitions.set('username', before);
      },
      'username: PROPERTY_DOESNT_EXIST',
    ],
    [
      'an option taken away',
      ({ contactDefinitions: definitions }) => {
        const before = definitions.get('hs_lead_status');
        definitions.set('hs_lead_status', { label: 'Lead Status', type: 'enumeration', options: ['OPEN'] });
        return () => before && definitions.set('hs_lead_status', before);
      },
      'hs_lead_status: INVALID_OPTION',
    ],
  ];
  it.each(changes)(
    '%s: everybody waits, nobody is given up, and all heals when it is mended',
    async (_, change, said) => {
      const mend = change(sync.hubspot.portal);
      const people = [person(), person(), person()];
      const delivered = await instance.deliverAll(people.map((someone) => message(someone)));
      for (const { failed, deadLetter, line } of delivered) {
        expect({ failed, deadLetter }).toEqual({ failed: true, deadLetter: undefined });
        expect(line).toMatchObject({
          failure: 'misconfigured',
          detail: `POST ${CONTACTS} answered 400 VALIDATION_ERROR (${said}).`,
        });
      }
      mend();
      for (const one of delivered) expect((await instance.redeliver(one)).line.outcome).toBe('created');
    },
  );

  it('the note can be refused too', async () => {
    sync.hubspot.faults.add({ path: NOTES, do: status(400, validationError('no').body) });
    const someone = existing();
    const first = await instance.deliver(message(someone));
    expect(first.line).toMatchObject({
      failure: 'misconfigured',
      detail: `POST ${NOTES} answered 400 VALIDATION_ERROR.`,
      hubspotRequests: 3,
    });
    expect((await instance.redeliver(first)).line).toMatchObject({ outcome: 'updated' });
    expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 1 });
  });
});

it('the older form of the 409, with the contact’s whole identity, is a conflict like the newer', async () => {
  const someone = existing();
  const { id } = sync.hubspot.portal.contactByEmail(someone.email) ?? { id: '' };
  sync.hubspot.faults.add({ do: { type: 'status', ...oldConflict(id, someone.email) } });
  const { line } = await instance.deliver(message(someone));
  expect(line).toMatchObject({ outcome: 'updated', contactId: id });
  expect(existingContactDifferences(sync.hubspot, someone.email, someone.username, API_VERSION)).toEqual([]);
});

describe('misconfigured: our token or its scopes, which an operator mends', () => {
  it.each<[string, Fault, string]>([
    ['401', { type: 'status', ...invalidAuthentication }, 'answered 401 INVALID_AUTHENTICATION.'],
    ['401, expired', { type: 'status', ...expiredAuthentication }, 'answered 401 EXPIRED_AUTHENTICATION.'],
    ['401 without a body', status(401), 'answered 401.'],
    [
      '403',
      { type: 'status', ...missingScopes('crm.objects.contacts.write') },
      'answered 403 MISSING_SCOPES.',
    ],
  ])('%s: the call is repeated once, then the longest back-off and an alarm', async (_, fault, reason) => {
    const someone = person();
    const active = sync.hubspot.faults.add({ times: Number.POSITIVE_INFINITY, do: fault });
    const refused = sync.instance();
    const first = await refused.deliver(message(someone));

    expect(sync.hubspot.journal.entries()).toHaveLength(2);
    expect(first.failed).toBe(true);
    expect(first.line).toMatchObject({
      outcome: 'retry',
      failure: 'misconfigured',
      detail: `POST ${CONTACTS} ${reason}`,
      hubspotRequests: 2,
    });
    expect(first.hiddenSeconds).toBeGreaterThanOrEqual(LONGEST_BACK_OFF[0]);
    expect(first.hiddenSeconds).toBeLessThanOrEqual(LONGEST_BACK_OFF[1]);
    expect(countIn(refused.lines, 'HubSpotAuthFailure')).toBe(1);
    expect(countIn(refused.lines, 'HubSpotRefusal')).toBe(0);
    expect(countIn(refused.lines, 'DeliveryRetried', { class: 'misconfigured' })).toBe(1);

    active.remove();
    expect((await instance.redeliver(first)).line).toMatchObject({ outcome: 'created' });
    expect(cardOf(sync.hubspot, someone)).toEqual({ cards: 1, username: someone.username, notes: 0 });
  });

  it('a token that is refused once is no failure', async () => {
    sync.hubspot.faults.add({ do: { type: 'status', ...invalidAuthentication } });
    const { failed, line } = await instance.deliver(message(person()));
    expect(failed).toBe(false);
    expect(line).toMatchObject({ outcome: 'created', hubspotRequests: 2 });
  });

  it('no message becomes a dead letter of it before its last delivery', async () => {
    sync.hubspot.settings.accessToken = 'another';
    for (const deliveries of [1, 20, 39]) {
      const { failed, deadLetter } = await sync.instance().deliver(message(person(), { deliveries }));
      expect(failed).toBe(true);
      expect(deadLetter).toBeUndefined();
    }
    const { failed, deadLetter } = await sync.instance().deliver(message(person(), { deliveries: 40 }));
    expect(failed).toBe(false);
    expect(deadLetter?.messageAttributes).toMatchObject({
      ErrorCode: { StringValue: 'DeliveriesExhausted' },
      ErrorMessage: {
        StringValue: `Gave up after 40 deliveries. At last: POST ${CONTACTS} answered 401 INVALID_AUTHENTICATION.`,
      },
    });
  });
});
