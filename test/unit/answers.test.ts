import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../lib/hubspot/answers.ts';
import type { Answer } from '../../lib/hubspot/transport.ts';
import { dailyLimit, invalidProperties, tenSecondlyLimit } from '../../sandbox/hubspot/answers.ts';

const NAME = 'PATCH /crm/v3/objects/contacts/91000000024';

const answer = (status: number, body: unknown = '', headers: Record<string, string> = {}): Answer => ({
  status,
  headers: new Headers(headers),
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

const failure = (...said: Parameters<typeof answer>) => failureOf(answer(...said), NAME, false);

describe('what an answer means', () => {
  const CLASS: Record<number, string> = {
    401: 'misconfigured',
    403: 'misconfigured',
    408: 'transient',
    423: 'transient',
    429: 'throttled',
    477: 'transient',
  };

  it('is known of every status, with a body or without', () => {
    for (let status = 100; status < 1_000; status += 1) {
      const expected = CLASS[status] ?? (status >= 400 && status < 500 ? 'misconfigured' : 'transient');
      for (const body of ['', '<html>', { status: 'error', message: 'm', category: 'C' }]) {
        expect(`${status} ${failure(status, body).class}`).toBe(`${status} ${expected}`);
      }
    }
  });

  it('is "later" where a contact that was addressed is gone, and for the CRM\'s owners elsewhere', () => {
    expect(failureOf(answer(404), NAME, true)).toMatchObject({
      class: 'transient',
      retryAfterSeconds: undefined,
    });
    expect(failureOf(answer(404, '', { 'retry-after': '7' }), NAME, true)).toMatchObject({
      retryAfterSeconds: 7,
    });
    for (const [status, addressesContact] of [
      [404, false],
      [405, true],
      [410, true],
      [415, false],
    ] as const) {
      const { class: kind, detail } = failureOf(answer(status), NAME, addressesContact);
      expect(`${kind} ${detail}`).toBe(`misconfigured ${NAME} answered ${status}.`);
    }
  });

  it.each([408, 423, 477, 429, 500, 503, 302])("takes HubSpot's Retry-After along: %i", (status) => {
    expect(failure(status, '', { 'retry-after': '120' })).toMatchObject({ retryAfterSeconds: 120 });
    expect(failure(status)).toMatchObject({ retryAfterSeconds: undefined });
  });

  it('tells the daily limit from the burst limit, and takes an unknown one for the latter', () => {
    expect(failure(429, dailyLimit.body)).toMatchObject({
      limit: 'daily',
      detail: `${NAME} answered 429 DAILY.`,
    });
    expect(failure(429, tenSecondlyLimit.body)).toMatchObject({
      limit: 'ten-secondly',
      detail: `${NAME} answered 429 TEN_SECONDLY_ROLLING.`,
    });
    expect(failure(429, '<html>')).toMatchObject({ limit: 'ten-secondly', detail: `${NAME} answered 429.` });
  });

  it.each([
    [
      'of the body',
      { correlationId: '2dea5219-07f2' },
      { 'x-hubspot-correlation-id': 'header' },
      '2dea5219-07f2',
    ],
    ['of the header', {}, { 'x-hubspot-correlation-id': 'from_header-1' }, 'from_header-1'],
    [
      'of the header, where the body has none of use',
      { correlationId: '' },
      { 'x-hubspot-correlation-id': 'h' },
      'h',
    ],
    ['of neither', {}, {}, undefined],
    ['of neither, where that quotes something', { correlationId: 'ada@example.org' }, {}, undefined],
    ['of 100 characters', { correlationId: 'c'.repeat(100) }, {}, 'c'.repeat(100)],
    ['of neither, where that is too long', { correlationId: 'c'.repeat(101) }, {}, undefined],
  ])('has the correlation ID %s', (_, body, headers, expected) => {
    expect(failure(400, body, headers).correlationId).toBe(expected);
  });

  it("is told in HubSpot's own vocabulary, the category first", () => {
    const said = (body: unknown) => failure(400, body).detail;
    expect(said({ category: 'VALIDATION_ERROR', policyName: 'DAILY' })).toBe(
      `${NAME} answered 400 VALIDATION_ERROR.`,
    );
    expect(said({ category: 'A1_B' })).toBe(`${NAME} answered 400 A1_B.`);
    expect(said({ category: 'ada@example.org', policyName: 'P' })).toBe(`${NAME} answered 400 P.`);
    expect(said({ category: `C${'X'.repeat(63)}` })).toBe(`${NAME} answered 400 C${'X'.repeat(63)}.`);
    for (const category of [
      '',
      'x',
      'xX',
      '_X',
      '1X',
      'X x',
      'X-ada',
      `C${'X'.repeat(64)}`,
      4,
      null,
      ['CONFLICT'],
    ]) {
      expect(said({ category })).toBe(`${NAME} answered 400.`);
    }
  });
});

describe('a refusal', () => {
  type Told = [code: string, ...names: string[]];
  const refusal = (status: number, ...told: Told[]) =>
    failure(status, {
      errors: told.map(([code, ...propertyName]) => ({ code, context: { propertyName } })),
    }).class;

  it.each<Told[]>([
    [['INVALID_EMAIL', 'email']],
    [['CONFLICTING_UNIQUE_VALUE', 'username']],
    [['TOO_LONG', 'email', 'username']],
    [
      ['INVALID_EMAIL', 'email'],
      ['TOO_LONG', 'username'],
    ],
    [['SOME_NEW_CODE', 'username']],
    [['NOT_INVALID_DATE', 'username']],
    [['INVALID_DATE_OF_BIRTH', 'username']],
  ])("of this person's own values gives this person up: %j %j", (...told) => {
    expect(refusal(400, ...told)).toBe('rejected');
    expect(refusal(409, ...told)).toBe('rejected');
    expect(refusal(422, ...told)).toBe('misconfigured');
  });

  it.each<Told[]>([
    [],
    [['INVALID_OPTION', 'hubspot_owner_id']],
    [['MISSING_REQUIRED_PROPERTY', 'firstname']],
    [['INVALID_EMAIL', 'email', 'team_ownership']],
    [
      ['INVALID_EMAIL', 'email'],
      ['INVALID_OPTION', 'lifecyclestage'],
    ],
    [['PROPERTY_DOESNT_EXIST', 'username']],
    [['READ_ONLY_VALUE', 'username']],
    [['INVALID_OPTION', 'username']],
    [['MISSING_REQUIRED_PROPERTY', 'email']],
    [['INVALID_INTEGER', 'username']],
    [['INVALID_DATE', 'username']],
    [['PROPERTY_IS_ARCHIVED', 'username']],
    [['INSUFFICIENT_PERMISSIONS', 'email']],
    [['INVALID_EMAIL', 'e mail']],
    [['INVALID_EMAIL', 'work_email']],
    [['INVALID_EMAIL', 'email_2']],
  ])('of anything else, or of nothing, gives nobody up: %j %j', (...told) => {
    expect(refusal(400, ...told)).toBe('misconfigured');
    expect(refusal(409, ...told)).toBe('misconfigured');
  });

  it('is told in the old way as well', () => {
    const told = (...names: string[]) =>
      failure(400, { message: names.map((name) => `{"error":"INVALID","name":"${name}"}`).join() }).class;
    expect(told('email', 'username')).toBe('rejected');
    expect(told('email', 'hs_lead_status')).toBe('misconfigured');
    expect(told('email', 'ada_lovelace')).toBe('misconfigured');
  });

  it.each(['CONFLICT', 'OBJECT_ALREADY_EXISTS'])(
    'for a value that somebody else has gives up: %s',
    (category) => {
      expect(failure(409, { category }).class).toBe('rejected');
      expect(failure(400, { category }).class).toBe('misconfigured');
      expect(failureOf(answer(409, { category }), 'POST /crm/v3/objects/notes', true).class).toBe(
        'misconfigured',
      );
    },
  );
});

describe('an association with a contact that is gone', () => {
  it.each([
    [{ subCategory: 'crm.associations.INVALID_OBJECT_IDS' }],
    [{ errors: [{ subCategory: 'INVALID_OBJECT_IDS' }] }],
    [{ context: { INVALID_OBJECT_IDS: ['CONTACT=12 is not valid'] } }],
    [{ message: 'One or more associations are invalid' }],
    [{ message: 'Some associations are not valid: CONTACT=12' }],
  ])('may mend itself, once: %j', (body) => {
    expect(failure(400, body)).toMatchObject({ class: 'transient', once: true });
    expect(failure(409, body)).toMatchObject({ class: 'misconfigured' });
  });

  it.each([{}, { subCategory: 'X_INVALID_OBJECT_IDS_X' }, { message: 'The associationsare invalid' }])(
    'is not what other refusals are: %j',
    (body) => {
      expect(failure(400, body)).toMatchObject({ class: 'misconfigured' });
    },
  );
});

describe('a refusal that an operator mends', () => {
  it('says whether it is of the token or of what was sent', () => {
    expect([401, 403, 400, 404].map((status) => failure(status, { category: 'A' }))).toMatchObject([
      { what: 'token' },
      { what: 'token' },
      { what: 'request' },
      { what: 'request' },
    ]);
    expect([401, 403].map((status) => failure(status, '<html>'))).toMatchObject([
      { what: 'token' },
      { what: 'request' },
    ]);
  });
});

describe('properties that HubSpot finds fault with', () => {
  const said = (...problems: Parameters<typeof invalidProperties>[0][number][]) =>
    failure(400, invalidProperties(problems).body).detail;

  it('are named with its code for why, each once, and without a value', () => {
    expect(
      said(
        { name: 'email', code: 'INVALID_EMAIL', message: 'Email address ada@x is invalid' },
        { name: 'email', code: 'INVALID_EMAIL', message: 'Email address ada@x is invalid' },
        { name: 'hubspot_owner_id', code: 'INVALID_OPTION', message: 'ada@x was not one of …' },
      ),
    ).toBe(`${NAME} answered 400 VALIDATION_ERROR (email: INVALID_EMAIL, hubspot_owner_id: INVALID_OPTION).`);
  });

  it('are not named where they are none that we set: somebody may be called so', () => {
    const message = '"error":"INVALID","name":"ada_lovelace"';
    expect(failure(400, { category: 'VALIDATION_ERROR', message }).detail).toBe(
      `${NAME} answered 400 VALIDATION_ERROR (another property: INVALID).`,
    );
  });

  it('are all seven of ours', () => {
    const ours =
      'email username hubspot_owner_id lifecyclestage hs_lead_status lead_source_type team_ownership';
    for (const name of ours.split(' ')) {
      expect(failure(400, { message: `{"error":"TOO_LONG","name":"${name}"}` }).detail).toBe(
        `${NAME} answered 400 (${name}: TOO_LONG).`,
      );
    }
  });

  it.each<[string, object, string]>([
    [
      'code and property',
      { code: 'INVALID_EMAIL', context: { propertyName: ['email'] } },
      'email: INVALID_EMAIL',
    ],
    [
      'several properties',
      { code: 'TOO_LONG', context: { propertyName: ['email', 'username'] } },
      'email: TOO_LONG, username: TOO_LONG',
    ],
    [
      'where it is',
      { code: 'CONFLICTING_UNIQUE_VALUE', in: 'username' },
      'username: CONFLICTING_UNIQUE_VALUE',
    ],
    [
      'a property that is not ours',
      { code: 'MISSING_REQUIRED_PROPERTY', context: { propertyName: ['firstname'] } },
      'firstname: MISSING_REQUIRED_PROPERTY',
    ],
    ['no code', { context: { propertyName: ['username'] } }, 'username: refused'],
    ['a code that quotes', { code: 'ada@example.org', in: 'email' }, 'email: refused'],
    [
      'a name that quotes',
      { code: 'INVALID', context: { propertyName: ['ada@example.org'] } },
      'another property: INVALID',
    ],
  ])('are read from the list of errors too: %s', (_, error, told) => {
    expect(failure(400, { category: 'VALIDATION_ERROR', errors: [error] }).detail).toBe(
      `${NAME} answered 400 VALIDATION_ERROR (${told}).`,
    );
  });

  it.each([
    ['nothing', {}],
    ['a place that is no property', { code: 'INVALID', in: 'ada@example.org' }],
    ['names that are no list', { code: 'INVALID', context: { propertyName: 'email' } }],
    ['a context that is none', { code: 'INVALID', context: 'email' }],
    ['no object', 'email'],
  ])('are not found in an error with %s', (_, error) => {
    expect(failure(400, { errors: [error] }).detail).toBe(`${NAME} answered 400.`);
    expect(failure(400, { errors: error }).detail).toBe(`${NAME} answered 400.`);
  });

  it.each([
    ['username', 'username: refused'],
    ['ada_lovelace', 'another property: refused'],
  ])('are read from the prose of a clash too: %s', (name, told) => {
    const message = `Cannot set PropertyValueCoordinates{propertyName=${name}} on 12. 13 already has that value.`;
    expect(failure(409, { category: 'CONFLICT', message }).detail).toBe(
      `${NAME} answered 409 CONFLICT (${told}).`,
    );
  });

  it('are named once, whichever way and however often they are told', () => {
    const problems = [
      { name: 'email', code: 'INVALID_EMAIL' as const, message: 'Email address ada@x is invalid' },
    ];
    expect(failure(400, invalidProperties(problems).body).detail).toBe(
      `${NAME} answered 400 VALIDATION_ERROR (email: INVALID_EMAIL).`,
    );
  });

  it('never bring the text of an answer along', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 300, max: 599 }),
        fc.string(),
        fc.string(),
        (status, message, category) => {
          const quoting = {
            message: `${message} ada@example.org`,
            category: `${category}@x`,
            policyName: 'ada@x',
          };
          expect(failure(status, quoting).detail).toBe(`${NAME} answered ${status}.`);
        },
      ),
    );
  });
});
