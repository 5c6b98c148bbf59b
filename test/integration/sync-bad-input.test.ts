import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newUserDifferences } from '../../sandbox/ticket-check.ts';
import { countIn } from './support/metrics.ts';
import { person } from './support/people.ts';
import { type Instance, message, type Sync, startSync } from './support/sync.ts';

/*
 * What is no verification message: a dead letter that says which field is wrong and why, without its value. HubSpot
 * hears nothing of it.
 */

const NOT_JSON = 'The body is not JSON.';
const NOT_AN_OBJECT = 'body: is not a JSON object.';
const KILOBYTE = 1_024;
const DEPTH = 100_000;

let sync: Sync;
let instance: Instance;

beforeAll(async () => {
  sync = await startSync();
  instance = sync.instance();
});
beforeEach(() => sync.reset());
afterAll(() => sync.stop());

async function expectInvalid(body: string, problem: string): Promise<void> {
  const before = instance.lines.length;
  const { failed, hiddenSeconds, deadLetter, line } = await instance.deliver({ body });

  expect(sync.hubspot.journal.entries()).toEqual([]);
  expect(failed).toBe(false);
  expect(hiddenSeconds).toBeUndefined();
  expect(deadLetter?.body === body).toBe(true);
  expect(deadLetter?.messageAttributes).toMatchObject({
    ErrorCode: { DataType: 'String', StringValue: 'InvalidMessage' },
    ErrorMessage: { DataType: 'String', StringValue: `Not a verification message. ${problem}` },
    RequestID: { DataType: 'String', StringValue: line.function_request_id },
    Deliveries: { DataType: 'Number', StringValue: '1' },
  });
  expect(line).toMatchObject({ outcome: 'dead-letter', failure: 'invalid', hubspotRequests: 0 });
  expect(line).not.toHaveProperty('person');
  expect(countIn(instance.lines.slice(before), 'DeadLetter', { ErrorCode: 'InvalidMessage' })).toBe(1);
}

describe('the body', () => {
  const someone = person();
  const json = JSON.stringify(someone);

  it.each<[string, string, string]>([
    ['text', `${someone.email} ${someone.username}`, NOT_JSON],
    ['white space', ' \t\r\n', NOT_JSON],
    ['undefined', 'undefined', NOT_JSON],
    ['JSON that is cut off', json.slice(0, -1), NOT_JSON],
    ['JSON with more behind it', `${json};`, NOT_JSON],
    ['two objects', `${json}\n${json}`, NOT_JSON],
    ['single quotes', json.replaceAll('"', "'"), NOT_JSON],
    ['form data', new URLSearchParams({ ...someone }).toString(), NOT_JSON],
    ['XML', `<email>${someone.email}</email>`, NOT_JSON],
    ['a byte order mark before JSON', `\uFEFF${json}`, 'The body begins with a byte order mark.'],
    ['null', 'null', NOT_AN_OBJECT],
    ['a number', '1e400', NOT_AN_OBJECT],
    ['true', 'true', NOT_AN_OBJECT],
    ['a string', JSON.stringify(someone.email), NOT_AN_OBJECT],
    ['an object in a string', JSON.stringify(json), NOT_AN_OBJECT],
    ['a list', `[${json}]`, NOT_AN_OBJECT],
    ['an empty list', '[]', NOT_AN_OBJECT],
    ['an empty object', '{}', 'email: is missing; username: is missing.'],
    [
      'an object one level down',
      JSON.stringify({ detail: someone }),
      'email: is missing; username: is missing.',
    ],
    ['keys in another case', json.replace('email', 'Email'), 'email: is missing.'],
    ['a deep list', '['.repeat(DEPTH) + ']'.repeat(DEPTH), NOT_AN_OBJECT],
    [
      'a deep object',
      `${'{"email":'.repeat(DEPTH / 5)}1${'}'.repeat(DEPTH / 5)}`,
      'email: is not a string; username: is missing.',
    ],
    ['a deep list that never ends', '['.repeat(DEPTH), NOT_JSON],
    ['255 KB of rubbish', '�x'.repeat((255 * KILOBYTE) / 4), NOT_JSON],
    [
      '255 KB of an address',
      JSON.stringify({ email: `${'a'.repeat(255 * KILOBYTE - 40)}@b.org`, username: 'x' }),
      'email: is longer than 254 characters.',
    ],
  ])('is %s', async (_, body, problem) => {
    await expectInvalid(body, problem);
  });

  it('may be empty, which no queue takes: then there is nothing to keep, and SQS’s redrive policy has the last word', async () => {
    const delivered = await instance.deliver({ body: 'x', record: (record) => ({ ...record, body: '' }) });
    expect(delivered).toMatchObject({ failed: true, deadLetter: undefined });
    expect(sync.hubspot.journal.entries()).toEqual([]);
  });
});

describe('a field', () => {
  const someone = person();
  const EMAIL_SHAPE = 'email: needs one @ with something on both sides.';
  const EMAIL_SPACE = 'email: holds white space or a control character.';
  const DATE = 'verifiedAt: is not an ISO 8601 date and time with a time zone.';

  it.each<[string, Record<string, unknown>, string]>([
    ['email missing', { email: undefined }, 'email: is missing.'],
    ['email null', { email: null }, 'email: is not a string.'],
    ['email a number', { email: 42 }, 'email: is not a string.'],
    ['email a list', { email: [someone.email] }, 'email: is not a string.'],
    ['email an object', { email: { address: someone.email } }, 'email: is not a string.'],
    ['email empty', { email: '' }, `email: is empty; ${EMAIL_SHAPE}`],
    [
      'email without @',
      { email: someone.email.replace('@', ' at ') },
      `${EMAIL_SHAPE.slice(0, -1)}; ${EMAIL_SPACE}`,
    ],
    ['email with two @', { email: `${someone.email}@example.org` }, EMAIL_SHAPE],
    ['email of @ alone', { email: '@' }, EMAIL_SHAPE],
    ['email with a space', { email: ` ${someone.email}` }, EMAIL_SPACE],
    ['email with a line end', { email: `${someone.email}\r\nBcc: x` }, EMAIL_SPACE],
    ['email with a zero', { email: `${someone.email}\u0000` }, EMAIL_SPACE],
    [
      'email of 255 characters',
      { email: `${'a'.repeat(243)}@example.org` },
      'email: is longer than 254 characters.',
    ],
    ['username missing', { username: undefined }, 'username: is missing.'],
    ['username null', { username: null }, 'username: is not a string.'],
    ['username a number', { username: 7 }, 'username: is not a string.'],
    ['username false', { username: false }, 'username: is not a string.'],
    ['username empty', { username: '' }, 'username: is empty.'],
    ['username of 256 characters', { username: 'ü'.repeat(256) }, 'username: is longer than 255 characters.'],
    [
      'username half of a surrogate pair',
      { username: `${someone.username} \ud83e` },
      'username: holds half of a surrogate pair.',
    ],
    [
      'email half of a surrogate pair',
      { email: `\udd8a${someone.email}` },
      'email: holds half of a surrogate pair.',
    ],
    ['both wrong', { email: 1, username: '' }, 'email: is not a string; username: is empty.'],
    ['verifiedAt a word', { verifiedAt: 'yesterday' }, DATE],
    ['verifiedAt a number', { verifiedAt: 1_763_920_800_000 }, DATE],
    ['verifiedAt empty', { verifiedAt: '' }, DATE],
    ['verifiedAt null', { verifiedAt: null }, DATE],
    ['verifiedAt a date alone', { verifiedAt: '2026-11-23' }, DATE],
    ['verifiedAt without a time zone', { verifiedAt: '2026-11-23T18:00:00' }, DATE],
    ['verifiedAt of no such day', { verifiedAt: '2026-02-30T18:00:00Z' }, DATE],
  ])('%s', async (_, changed, problem) => {
    await expectInvalid(JSON.stringify({ ...someone, ...changed }), problem);
  });

  it.each([
    [
      'an email and a username',
      (json: string) => `{"__proto__":${json}}`,
      'email: is missing; username: is missing; __proto__: is not a field.',
    ],
    [
      'beside good fields',
      (json: string) => json.replace('{', '{"__proto__":{"polluted":true},'),
      '__proto__: is not a field.',
    ],
    ['of null', (json: string) => json.replace('{', '{"__proto__":null,'), '__proto__: is not a field.'],
  ])('__proto__ %s', async (_, wrap, problem) => {
    await expectInvalid(wrap(JSON.stringify(someone)), problem);
  });
});

describe('what is odd, but a verification', () => {
  const odd: [string, (json: string) => string][] = [
    [
      'a deep field that nobody asked for',
      (json) => json.replace('{', `{"x":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)},`),
    ],
    [
      'keys of every object',
      (json) => json.replace('{', '{"constructor":{"prototype":{"a":1}},"toString":"x",'),
    ],
    ['a key twice, of which the last counts', (json) => json.replace('{', '{"email":1,')],
    ['white space around it', (json) => `\r\n\t ${json} \n`],
    ['255 KB in another field', (json) => json.replace('{', `{"x":"${'y'.repeat(254 * KILOBYTE)}",`)],
  ];

  it.each(odd)('%s is synced', async (_, wrap) => {
    const someone = person();
    const { line } = await instance.deliver({ body: wrap(JSON.stringify(someone)) });
    expect(line).toMatchObject({ outcome: 'created' });
    expect(newUserDifferences(sync.hubspot, someone.email, someone.username)).toEqual([]);
  });

  it('a time zone other than UTC is understood', async () => {
    const someone = person();
    const { line } = await instance.deliver(message(someone, { verifiedAt: '2026-11-23T19:00:00.5+01:00' }));
    expect(line).toMatchObject({ outcome: 'created' });
  });
});

describe('an event that is none of SQS', () => {
  const RECORD = {
    messageId: 'a-message',
    receiptHandle: 'a-handle',
    body: JSON.stringify(person()),
    attributes: {},
    messageAttributes: {},
  };
  const without = (field: string) =>
    Object.fromEntries(Object.entries(RECORD).filter(([name]) => name !== field));
  const NO_LIST = 'The event is none of SQS: it has no list of Records. ';
  const NO_MESSAGE = 'The event is none of SQS: ';

  it.each<[string, unknown, string]>([
    ['nothing', null, NO_LIST],
    ['a text', 'Records', NO_LIST],
    ['an event of Cognito', { triggerSource: 'PostConfirmation_ConfirmSignUp', userName: 'x' }, NO_LIST],
    ['an object in the place of the list', { Records: {} }, NO_LIST],
    [
      'an empty record',
      { Records: [{}] },
      `${NO_MESSAGE}record 1 of 1 lacks messageId, receiptHandle, body, attributes, messageAttributes. `,
    ],
    [
      'a record of SNS after one of SQS',
      { Records: [RECORD, { EventSource: 'aws:sns', Sns: { Message: 'x' } }] },
      `${NO_MESSAGE}record 2 of 2 lacks messageId, receiptHandle, body, attributes, messageAttributes. `,
    ],
    ['a record that is null', { Records: [null] }, `${NO_MESSAGE}record 1 of 1 lacks messageId, `],
    ...Object.keys(RECORD).map((field): [string, unknown, string] => [
      `a record without ${field}`,
      { Records: [without(field)] },
      `${NO_MESSAGE}record 1 of 1 lacks ${field}. `,
    ]),
    ['an empty messageId', { Records: [{ ...RECORD, messageId: '' }] }, 'record 1 of 1 lacks messageId. '],
  ])('is refused with a sentence, and nothing is begun: %s', async (_, event, sentence) => {
    const refused = instance.invoke(event);
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toThrow('Nothing of it was begun');
    expect(sync.hubspot.journal.entries()).toEqual([]);
  });
});
