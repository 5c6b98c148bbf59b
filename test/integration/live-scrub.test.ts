import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordingOf } from '../live/recordings.ts';
import { scrubber } from '../live/scrub.ts';
import { differences } from '../live/shape.ts';

const secrets = {
  accessToken: 'pat-na1-0b1c2d3e-1111-2222-3333-444455556666',
  portalId: '1234',
  words: ['wme-live-0badcafe42-1@example.org', 'wme-live-0badcafe42-1', '0badcafe42'],
};

const digit = fc.integer({ min: 0, max: 9 }).map(String);
const date = fc.date({ min: new Date('2006-01-01'), max: new Date('2099-01-01'), noInvalidDate: true });
const addresses = fc.emailAddress({ size: 'small' });

/** A text that tells an account, a person, a credential, a call or a moment, and what must not be left of it. */
interface Telling {
  word: string;
  parts: string[];
}

const whole = (word: string): Telling => ({ word, parts: [word] });

/** Shorter words stand in answers by chance. */
const inParts = (address: string): Telling => ({
  word: address,
  parts: [address, ...address.split('@').filter((part) => part.length > 6)],
});

const encoded = ({ word, parts }: Telling): Telling => ({
  word: encodeURIComponent(word),
  parts: parts.map(encodeURIComponent),
});

const telling = fc.oneof(
  fc.constantFrom(secrets.accessToken, secrets.portalId, ...secrets.words).map(whole),
  fc.constantFrom(...secrets.words).map((word) => whole(word.toUpperCase())),
  fc.constantFrom(...secrets.words).map((word) => encoded(whole(word))),
  fc.tuple(digit, digit).map(([a, b]) => whole(`pat-eu1-${a}f${b}e2d3c-aaaa-bbbb-cccc-dddd${a}eee${b}fff`)),
  addresses.map(inParts),
  addresses.map((address) => encoded(inParts(address))),
  fc.uuid().map(whole),
  date.map((moment) => whole(moment.toISOString())),
  date.map((moment) => whole(moment.toISOString().slice(0, 10))),
  date.map((moment) => whole(String(moment.getTime()))),
  // As a number, it has no zeros before it.
  fc
    .array(digit, { minLength: 5, maxLength: 22 })
    .map((digits) => whole(digits.join('').replace(/^0+/, (zeros) => '7'.repeat(zeros.length)))),
);

/** How it stands in an answer: alone, in a sentence, in a link, in JSON within a text. */
const WRAPPED: ((word: string) => string)[] = [
  (word) => word,
  (word) => `Contact already exists. Existing ID: ${word}`,
  (word) => `The value "${word}" (or ${word}) was refused.`,
  (word) => `https://app.hubspot.com/contacts/${word}/record/0-1?after=${word}&limit=1`,
  (word) =>
    `Property values were not valid: ${JSON.stringify([{ message: `Email address ${word} is invalid` }])}`,
  (word) => `PropertyValueCoordinates{portalId=${word}, objectId=${word}}=${word}.`,
];

/** JSON with such words as values, in values and in keys, and as numbers. */
const answers = telling.chain(({ word, parts }) => {
  const text = fc.constantFrom(...WRAPPED).map((wrap) => wrap(word));
  const number = /^\d{4,15}$/.test(word) ? [fc.constant(Number(word))] : [];
  const leaf = fc.oneof(text, ...number);
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.constantFrom('id', 'message', 'properties'), text), tie('tree'), {
        minKeys: 1,
      }),
    ),
  }));
  return fc.record({ parts: fc.constant(parts), body: tree });
});

const bare = (text: string): string => text.toLowerCase().replaceAll(/<[a-z]+ \d+>|<count>/g, '');

describe('a recording', () => {
  test('holds no token, account, person, ID, call or moment, wherever it stood', () => {
    fc.assert(
      fc.property(answers, ({ parts, body }) => {
        const { json } = scrubber(secrets);
        const text = bare(JSON.stringify(json(body)));
        for (const part of parts) expect(text).not.toContain(part.toLowerCase());
        expect(text).not.toMatch(/\d{5,}|@|%40/);
      }),
      { numRuns: 2_000 },
    );
  });

  test('keeps the shape, and all that is HubSpot’s own vocabulary', () => {
    const body = {
      status: 'error',
      message: 'Contact already exists. Existing ID: 91000000024',
      category: 'CONFLICT',
      numErrors: 1,
      correlationId: '2dea5219-07f2-40ce-82ec-9c2e302317a4',
      identityProfile: { vid: 91_000_000_024, isContact: true, linkedVid: [], identity: null },
      links: { next: 'https://api.hubapi.com/crm/objects/2026-09/contacts?after=91000000024' },
      associationTypes: [{ category: 'HUBSPOT_DEFINED', typeId: 202 }],
    };
    const { json } = scrubber(secrets);
    expect(json(body)).toEqual({
      ...body,
      message: 'Contact already exists. Existing ID: <id 1>',
      correlationId: '<uuid 1>',
      identityProfile: { ...body.identityProfile, vid: 0 },
      links: { next: 'https://api.hubapi.com/crm/objects/2026-09/contacts?after=<id 1>' },
    });
    expect(differences(json(body), body)).toEqual([]);
  });

  test('has the same placeholder for the same value, and keeps of the headers what is nobody’s', () => {
    const headers = new Headers({
      'content-type': 'application/json',
      'x-hubspot-ratelimit-max': '190',
      'x-hubspot-ratelimit-remaining': '133',
      'x-hubspot-correlation-id': '2dea5219-07f2-40ce-82ec-9c2e302317a4',
      'set-cookie': '__cf_bm=secret',
      'cf-ray': '8c0ffee0dead0000-FRA',
    });
    const body = ['A@example.org', 'a@example.org', 'b@example.org', '12345', 'portal 1234'];
    expect(recordingOf({ status: 200, headers, body }, scrubber(secrets))).toEqual({
      status: 200,
      headers: {
        'content-type': 'application/json',
        'x-hubspot-ratelimit-max': '190',
        'x-hubspot-ratelimit-remaining': '<count>',
      },
      body: ['<address 1>', '<address 1>', '<address 2>', '<id 1>', 'portal <portal 1>'],
    });
  });
});
