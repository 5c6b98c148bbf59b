import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verificationMessage } from '../../lib/publishing.ts';
import { parseVerification } from '../../lib/verification.ts';

/** What Cognito accepts: a name of 1 to 255 code points, an address of any script and shape with one @. */
const anyCharacter = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 1 })
  .filter((c) => c.isWellFormed());
const username = fc.oneof(
  fc.string({ unit: anyCharacter, minLength: 1, maxLength: 255 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  fc.constantFrom(
    '😀'.repeat(255),
    ' ',
    '\u0000',
    '__proto__',
    '\uFEFF',
    '"\\',
    'אדה',
    '艾达',
    "Robert'); DROP TABLE",
  ),
);
const part = (maxLength: number) =>
  fc.string({ unit: anyCharacter.filter((c) => !/[@\s\p{Cc}]/u.test(c)), minLength: 1, maxLength });
const email = fc.oneof(
  fc.tuple(part(64), part(60)).map((parts) => parts.join('@')),
  fc.emailAddress(),
  fc.constantFrom('a@b', `${'ä'.repeat(252)}@b`, '"quoted"@example.org', 'o’neil+wme@xn--bcher-kva.example'),
);
const verifiedAt = fc
  .date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());

describe('a verification', () => {
  it('is never refused where Cognito accepted it, and comes out as it went in', () => {
    fc.assert(
      fc.property(email, username, fc.option(verifiedAt, { nil: undefined }), (...[address, name, at]) => {
        const verification = { email: address, username: name, ...(at !== undefined && { verifiedAt: at }) };
        expect(parseVerification(verificationMessage(verification).MessageBody)).toEqual(verification);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    '2026-11-23T18:00:00Z',
    '2026-11-23T18:00:00.123Z',
    '2026-11-23T18:00:00.123456Z',
    '2026-11-23T19:00:00+01:00',
  ])('may name its moment in any form of RFC 3339: %s', (at) => {
    const body = JSON.stringify({ email: 'ada@example.org', username: 'AdaL', verifiedAt: at });
    expect(parseVerification(body)).toEqual({ email: 'ada@example.org', username: 'AdaL', verifiedAt: at });
  });

  it('loses keys that nobody knows, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          fc.jsonValue(),
        ),
        (unknown) => {
          const body = JSON.stringify({
            ...unknown,
            email: 'ada@example.org',
            username: 'AdaL',
            verifiedAt: undefined,
          });
          expect(parseVerification(body)).toEqual({ email: 'ada@example.org', username: 'AdaL' });
        },
      ),
    );
  });

  it('may stand among the spaces of JSON', () => {
    expect(parseVerification('\r\n\t {"email":"a@b",\n"username":" x "} \n')).toEqual({
      email: 'a@b',
      username: ' x ',
    });
  });
});
