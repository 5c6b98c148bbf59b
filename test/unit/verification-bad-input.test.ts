import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeliveryError } from '../../lib/failure.ts';
import { checkVerification, parseVerification } from '../../lib/verification.ts';

/** Why the body is refused. Fails the test when it is not, or in another way than it should be. */
function problemWith(body: string): string {
  try {
    parseVerification(body);
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    expect(error.name).toBe('DeliveryError');
    expect(error.failure).toMatchObject({ class: 'invalid', detail: error.message });
    expect(error.message).toMatch(/^Not a verification message\. .+\.$/s);
    return error.message.replace('Not a verification message. ', '');
  }
  return 'nothing';
}

const ada = { email: 'ada@example.org', username: 'AdaL' };
const withField = (changed: Record<string, unknown>) => problemWith(JSON.stringify({ ...ada, ...changed }));

describe('a body that is no message is refused, and said why', () => {
  it.each([
    ['', 'The body is not JSON.'],
    ['ada@example.org', 'The body is not JSON.'],
    ['{"email":"ada@example.org"', 'The body is not JSON.'],
    [`\uFEFF${JSON.stringify(ada)}`, 'The body begins with a byte order mark.'],
    [' \uFEFF{}', 'The body is not JSON.'],
    ['x'.repeat(255 * 1024), 'The body is not JSON.'],
    ['null', 'body: is not a JSON object.'],
    ['[]', 'body: is not a JSON object.'],
    ['"ada@example.org"', 'body: is not a JSON object.'],
    ['7', 'body: is not a JSON object.'],
    [`${'['.repeat(60_000)}${']'.repeat(60_000)}`, 'body: is not a JSON object.'],
    ['{}', 'email: is missing; username: is missing.'],
    [`{"email":"a@b","username":"x","__proto__":{"polluted":true}}`, '__proto__: is not a field.'],
    [
      `{"__proto__":{"email":"a@b","username":"x"}}`,
      'email: is missing; username: is missing; __proto__: is not a field.',
    ],
  ])('%.40s', (body, problem) => {
    expect(problemWith(body)).toBe(problem);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('however deep it is nested', () => {
    const deep = `${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}`;
    expect(problemWith(deep)).toBe('email: is missing; username: is missing.');
    expect(problemWith(`{"email":${deep},"username":${deep}}`)).toBe(
      'email: is not a string; username: is not a string.',
    );
  });
});

it.each([undefined, null, 7, 'ada@example.org', Symbol('ada')])(
  'a value that no body can hold is refused like the others: %o',
  (value) => {
    expect(checkVerification(value)).toEqual({ problems: ['body: is not a JSON object'] });
  },
);

describe('a field that cannot be one is refused, and named', () => {
  it.each([
    ['email', '', 'is empty; email: needs one @ with something on both sides'],
    ['email', null, 'is not a string'],
    ['email', 7, 'is not a string'],
    ['email', ['a@b'], 'is not a string'],
    ['email', 'ada', 'needs one @ with something on both sides'],
    ['email', '@b', 'needs one @ with something on both sides'],
    ['email', 'a@', 'needs one @ with something on both sides'],
    ['email', 'a@b@c', 'needs one @ with something on both sides'],
    ['email', 'a@@b', 'needs one @ with something on both sides'],
    ['email', 'a b@c', 'holds white space or a control character'],
    ['email', ' a@b', 'holds white space or a control character'],
    ['email', 'a@b\n', 'holds white space or a control character'],
    ['email', 'a\u00A0@b', 'holds white space or a control character'],
    ['email', 'a\u0000@b', 'holds white space or a control character'],
    ['email', 'a\u0085@b', 'holds white space or a control character'],
    ['email', 'a\u007F@b', 'holds white space or a control character'],
    ['email', `${'a'.repeat(253)}@b`, 'is longer than 254 characters'],
    ['email', 'a\uD800@b', 'holds half of a surrogate pair'],
    ['username', '', 'is empty'],
    ['username', {}, 'is not a string'],
    ['username', true, 'is not a string'],
    ['username', 'x'.repeat(256), 'is longer than 255 characters'],
    ['username', '😀'.repeat(256), 'is longer than 255 characters'],
    ['username', 'x\uDC00', 'holds half of a surrogate pair'],
    ['verifiedAt', 'yesterday', 'is not an ISO 8601 date and time with a time zone'],
    ['verifiedAt', '2026-11-23', 'is not an ISO 8601 date and time with a time zone'],
    ['verifiedAt', '2026-11-23T18:00:00', 'is not an ISO 8601 date and time with a time zone'],
    ['verifiedAt', '2026-02-30T18:00:00Z', 'is not an ISO 8601 date and time with a time zone'],
  ])('%s: %j', (field, value, problem) => {
    expect(withField({ [field]: value })).toBe(`${field}: ${problem}.`);
  });

  it('together with all the others', () => {
    expect(withField({ email: 'ada', username: '', verifiedAt: 'now' })).toBe(
      'email: needs one @ with something on both sides; username: is empty; verifiedAt: is not an ISO 8601 date and time with a time zone.',
    );
  });
});

describe('whatever arrives', () => {
  it('it is a message or an invalid one, and nothing of it is quoted', () => {
    const SECRET = 'zqSECRETqz';
    const poisoned = fc
      .jsonValue()
      .map((value) =>
        JSON.stringify(value, (_, inner) => (typeof inner === 'string' ? `${SECRET}${inner}` : inner)),
      );
    const record = fc
      .record(
        {
          email: fc.jsonValue(),
          username: fc.jsonValue(),
          verifiedAt: fc.jsonValue(),
          [SECRET]: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((value) =>
        JSON.stringify(value, (_, inner) => (typeof inner === 'string' ? `${SECRET}${inner}` : inner)),
      );
    fc.assert(
      fc.property(
        fc.oneof(
          poisoned,
          record,
          fc.string(),
          fc.string().map((text) => SECRET + text),
        ),
        (body) => {
          expect(problemWith(body)).not.toContain(SECRET);
        },
      ),
      { numRuns: 500 },
    );
  });
});
