import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conflictIn } from '../../lib/hubspot/answers.ts';
import type { Answer } from '../../lib/hubspot/transport.ts';

const answer = (status: number, body: unknown): Answer => ({
  status,
  headers: new Headers(),
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('the ID in a conflict', () => {
  const conflict = (message: unknown, category: unknown = 'CONFLICT', status = 409) =>
    conflictIn(answer(status, { status: 'error', message, category, correlationId: 'c' }));

  it('is kept digit by digit, however long and whatever stands around it', () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 30 })
      .filter((part) => !/Existing ID: \d/.test(part));
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(text, digits, text, (prefix, id, suffix) => {
        const message = `${prefix} Existing ID: ${id}${/^\d/.test(suffix) ? ' ' : ''}${suffix}`;
        expect(conflict(message)).toEqual({ contactId: id });
      }),
    );
  });

  it('is the first where there are several', () => {
    expect(conflict('Contact already exists. Existing ID: 12, Existing ID: 34')).toEqual({ contactId: '12' });
  });

  it.each([
    'Contact already exists.',
    'Existing ID: ',
    'Existing ID: x1',
    'Existing ID 1',
    'existing id: 1',
    '',
    7,
    null,
  ])('cannot be read in %j: the address has to be looked up', (message) => {
    expect(conflict(message)).toBe('unnamed');
  });

  it('cannot be read where there is no message', () => {
    expect(conflictIn(answer(409, { category: 'CONFLICT' }))).toBe('unnamed');
  });

  it('is told under either category that HubSpot has used for it', () => {
    for (const category of ['CONFLICT', 'OBJECT_ALREADY_EXISTS']) {
      expect(conflict('Contact already exists. Existing ID: 12', category)).toEqual({ contactId: '12' });
    }
  });

  it('is not believed under another category, and is nothing in another answer', () => {
    const other = fc.oneof(fc.constantFrom('conflict', '', undefined, null, 1), fc.string());
    fc.assert(
      fc.property(other, (category) => {
        fc.pre(category !== 'CONFLICT' && category !== 'OBJECT_ALREADY_EXISTS');
        expect(conflict('Contact already exists. Existing ID: 12', category ?? null)).toBe('unnamed');
      }),
    );
    for (const status of [200, 400, 404, 410, 500]) {
      expect(conflict('Existing ID: 12', 'CONFLICT', status)).toBe('none');
    }
  });

  it('is not found in what is no JSON object, which is no error either', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.constant('{"message":"Existing ID: 1')), (body) => {
        expect(conflictIn(answer(409, body))).toBe('unnamed');
      }),
    );
  });

  it.each<[string, object]>([
    ['the list of errors names one', { errors: [{ code: 'X', context: { propertyName: ['username'] } }] }],
    ['an error is in one', { errors: [{ in: 'username' }] }],
    [
      'the old list names one',
      { message: 'Existing ID: 12 [{"error":"CONFLICTING_UNIQUE_VALUE","name":"username"}]' },
    ],
    ['the prose names one', { message: 'PropertyValueCoordinates{propertyName=nick_name}. Existing ID: 12' }],
  ])('is a stranger’s where another property clashes: %s', (_, told) => {
    const body = { category: 'CONFLICT', message: 'Contact already exists. Existing ID: 12', ...told };
    expect(conflictIn(answer(409, body))).toBe('none');
  });

  it('has to be looked up where a 400 says that the address is taken', () => {
    const taken = (name: string, code = 'CONFLICTING_UNIQUE_VALUE') =>
      conflictIn(answer(400, { message: 'Existing ID: 12', errors: [{ code, in: name }] }));
    expect(taken('email')).toBe('unnamed');
    expect(taken('username')).toBe('none');
    expect(taken('email', 'INVALID_EMAIL')).toBe('none');
    const errors = [{ code: 'CONFLICTING_UNIQUE_VALUE', in: 'email' }];
    expect(conflictIn(answer(422, { errors }))).toBe('none');
  });

  it.each<[string, object]>([
    ['in the list of errors', { errors: [{ code: 'X', context: { propertyName: ['email'] } }] }],
    ['as the place of an error', { errors: [{ in: 'email' }] }],
    ['with a place that is no property of ours', { errors: [{ in: 'identityProfile' }] }],
  ])('is ours where the address is named: %s', (_, told) => {
    const body = { category: 'OBJECT_ALREADY_EXISTS', message: 'Existing ID: 12', ...told };
    expect(conflictIn(answer(409, body))).toEqual({ contactId: '12' });
  });
});
