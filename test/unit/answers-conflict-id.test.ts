import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conflictingContactId } from '../../lib/hubspot/answers.ts';
import type { Answer } from '../../lib/hubspot/transport.ts';

const answer = (status: number, body: unknown): Answer => ({
  status,
  headers: new Headers(),
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('the ID in a conflict', () => {
  const conflict = (message: unknown, category: unknown = 'CONFLICT', status = 409) =>
    conflictingContactId(answer(status, { status: 'error', message, category, correlationId: 'c' }));

  it('is kept digit by digit, however long and whatever stands around it', () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 30 })
      .filter((part) => !/Existing ID: \d/.test(part));
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(text, digits, text, (prefix, id, suffix) => {
        const message = `${prefix} Existing ID: ${id}${/^\d/.test(suffix) ? ' ' : ''}${suffix}`;
        expect(conflict(message)).toBe(id);
      }),
    );
  });

  it('is the first where there are several', () => {
    expect(conflict('Contact already exists. Existing ID: 12, Existing ID: 34')).toBe('12');
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
  ])('is not found in %j', (message) => {
    expect(conflict(message)).toBeUndefined();
  });

  it('is not found where there is no message', () => {
    expect(conflictingContactId(answer(409, { category: 'CONFLICT' }))).toBeUndefined();
  });

  it('is nothing of ours in a conflict of another category, or in another answer', () => {
    const other = fc.oneof(
      fc.constantFrom('OBJECT_ALREADY_EXISTS', 'conflict', '', undefined, null, 1),
      fc.string(),
    );
    fc.assert(
      fc.property(other, (category) => {
        fc.pre(category !== 'CONFLICT');
        expect(conflict('Contact already exists. Existing ID: 12', category ?? null)).toBeUndefined();
      }),
    );
    for (const status of [200, 400, 404, 410, 500]) {
      expect(conflict('Existing ID: 12', 'CONFLICT', status)).toBeUndefined();
    }
  });

  it('is not found in what is no JSON object, which is no error either', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.constant('{"message":"Existing ID: 1')), (body) => {
        expect(conflictingContactId(answer(409, body))).toBeUndefined();
      }),
    );
  });
});
