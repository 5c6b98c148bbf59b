import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareWithRecordings, type Recording, readRecordings, saveRecording } from '../live/recordings.ts';
import { differences } from '../live/shape.ts';

describe('held against what is recorded', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'recordings-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const conflict: Recording = {
    status: 409,
    headers: {},
    body: { status: 'error', message: 'Existing ID: <id 1>', category: 'CONFLICT' },
  };

  const compare = (seen: Recording, recorded = conflict, name = 'conflict'): string[] => {
    saveRecording(join(folder, 'recorded'), 'v3', 'conflict', recorded);
    saveRecording(join(folder, 'seen'), 'v3', name, seen);
    saveRecording(join(folder, 'seen'), 'v3', 'something-else', seen);
    return compareWithRecordings(join(folder, 'recorded'), join(folder, 'seen'));
  };

  test('an answer with other values agrees', () => {
    const body = { message: 'other words', category: 'OBJECT_ALREADY_EXISTS', status: 'error' };
    expect(compare({ status: 409, headers: { 'retry-after': '1' }, body })).toEqual([]);
  });

  test.each<[string, Partial<Recording>, string]>([
    ['another status', { status: 400 }, 'v3/conflict: status: 409 was recorded, 400 came'],
    [
      'a key that is missing',
      { body: { status: '', message: '' } },
      'v3/conflict: body.category was recorded, and is missing',
    ],
    [
      'a key more',
      { body: { status: '', message: '', category: '', errors: [] } },
      'v3/conflict: body.errors came, and was not recorded',
    ],
    [
      'a value of another kind',
      { body: { status: '', message: null, category: '' } },
      'v3/conflict: body.message: string was recorded, null came',
    ],
    ['no JSON', { body: '<html>' }, 'v3/conflict: body: object was recorded, string came'],
  ])('%s is a difference', (_, change, difference) => {
    expect(compare({ ...conflict, ...change })).toEqual([difference]);
  });

  test('a recording that nothing asks for any more is one', () => {
    expect(compare(conflict, conflict, 'another')).toEqual(['v3/conflict: nobody asks for it any more']);
  });

  test('there may be no recordings at all', () => {
    expect([...readRecordings(join(folder, 'nowhere'))]).toEqual([]);
    expect(compareWithRecordings(join(folder, 'nowhere'), join(folder, 'nowhere'))).toEqual([]);
  });
});

describe('the shape of JSON', () => {
  test.each([
    [[{ id: '1' }, { id: '2' }], [{ id: '3' }], []],
    [[], [{ id: '3' }], ['body: 0 kinds of elements were recorded, 1 came']],
    [[{ id: 1 }], [{ id: '3' }], ['body[].id: number was recorded, string came']],
    [['a', { a: 1 }], [{ a: 2 }, 'b'], []],
    [{ properties: { email: '', hs_more: '' } }, { properties: { email: '' } }, []],
    [
      { properties: { email: '' } },
      { properties: { email: null, phone: '' } },
      [
        'body.properties.email: string was recorded, null came',
        'body.properties.phone came, and was not recorded',
      ],
    ],
    [{ a: [[{ b: true }]] }, { a: [[{ b: 'true' }]] }, ['body.a[][].b: boolean was recorded, string came']],
  ])('of %j against %j', (recorded, seen, expected) => {
    expect(differences(recorded, seen)).toEqual(expected);
  });
});
