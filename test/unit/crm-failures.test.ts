import { describe, expect, it } from 'vitest';
import type { Crm } from '../../lib/contact-sync.ts';
import { newContact, updateNote, usernameUpdate } from '../../lib/hubspot/ticket.ts';
import {
  conflict,
  dailyLimit,
  expiredAuthentication,
  internalError,
  locked,
  missingScopes,
  moved,
  notFound,
  oldConflict,
  tenSecondlyLimit,
  uniquePropertyConflict,
} from '../../sandbox/hubspot/answers.ts';
import { failureOfCall, hubSpot, nextAnswer, open } from './support/hubspot.ts';

const hub = hubSpot();
const ada = { email: 'ada.lovelace@example.org', username: 'AdaL' };
const ID = '91000000024';
const since = new Date('2026-11-23T18:00:00.000Z');
const contact = { id: ID, username: { value: null }, leadSourceType: null, createdAt: since };

/** Every call that a sync can make, and what logs call it. */
const calls: { name: string; make: (crm: Crm) => Promise<unknown>; gone: 'transient' | 'misconfigured' }[] = [
  {
    name: 'POST /crm/v3/objects/contacts',
    make: (crm) => crm.createContact(newContact(ada)),
    gone: 'misconfigured',
  },
  {
    name: `PATCH /crm/v3/objects/contacts/${ID}`,
    make: (crm) => crm.updateContact(ID, usernameUpdate(ada)),
    gone: 'transient',
  },
  {
    name: 'POST /crm/v3/objects/notes',
    make: (crm) => crm.createNote(updateNote(ID, since)),
    gone: 'transient',
  },
  { name: `GET /crm/v3/objects/contacts/${ID}`, make: (crm) => crm.readContact(ID), gone: 'transient' },
  {
    name: 'POST /crm/v3/objects/notes/batch/read',
    make: (crm) => crm.readNotes({ ...contact, noteIds: { listed: ['1'], complete: true } }, since),
    gone: 'misconfigured',
  },
  {
    name: 'POST /crm/v3/associations/contacts/notes/batch/read',
    make: (crm) => crm.readNotes({ ...contact, noteIds: { listed: [], complete: false } }, since),
    gone: 'misconfigured',
  },
];

const answers = [
  { answer: tenSecondlyLimit, failure: { class: 'throttled', limit: 'ten-secondly' } },
  { answer: dailyLimit, failure: { class: 'throttled', limit: 'daily' } },
  { answer: expiredAuthentication, failure: { class: 'misconfigured', what: 'token' }, requests: 2 },
  {
    answer: missingScopes('crm.objects.contacts.write'),
    failure: { class: 'misconfigured', what: 'token' },
    requests: 2,
  },
  { answer: locked, failure: { class: 'transient' } },
  { answer: moved(3_600), failure: { class: 'transient', retryAfterSeconds: 3_600 } },
  { answer: internalError, failure: { class: 'transient' } },
  { answer: uniquePropertyConflict, failure: { class: 'rejected' } },
];

describe.each(calls)('$name', ({ name, make, gone }) => {
  it.each(answers)('fails as $failure.class on $answer.status', async ({ answer, failure, requests = 1 }) => {
    hub.sandbox.faults.add({ times: 2, do: { type: 'status', ...answer } });
    const opened = open(hub.sandbox);

    expect(await failureOfCall(make(opened.crm))).toMatchObject({
      ...failure,
      correlationId: answer.body.correlationId,
      detail: expect.stringMatching(
        new RegExp(
          `^${name.replaceAll('/', '\\/')} answered ${answer.status} [A-Z_]+( \\(username: refused\\))?\\.$`,
        ),
      ),
    });
    expect(opened.requests.map((request) => request.answer?.status)).toEqual(
      Array(requests).fill(answer.status),
    );
  });

  it(`fails as ${gone} where there is no such thing`, async () => {
    hub.sandbox.faults.add({ do: { type: 'status', ...notFound } });
    expect(await failureOfCall(make(open(hub.sandbox).crm))).toMatchObject({
      class: gone,
      detail: `${name} answered 404 OBJECT_NOT_FOUND.`,
    });
  });

  it.each([502, 503, 504, 520, 521, 526])('is worth another try after the %i of a CDN', async (status) => {
    hub.sandbox.faults.add({ do: { type: 'html', status } });
    expect(await failureOfCall(make(open(hub.sandbox).crm))).toEqual({
      class: 'transient',
      detail: `${name} answered ${status}.`,
      correlationId: undefined,
      retryAfterSeconds: undefined,
    });
  });

  it.each(['reset', 'truncated', 'hang'] as const)(
    'is worth another try without a complete answer: %s',
    async (type) => {
      hub.sandbox.faults.add({ do: type === 'truncated' ? { type } : { type, when: 'after' } });
      const { crm, requests } = open(hub.sandbox, { timeoutMs: type === 'hang' ? 50 : 5_000 });

      const { class: kind, detail } = await failureOfCall(make(crm));
      expect(kind).toBe('transient');
      expect(
        detail.startsWith(`${name} ${type === 'hang' ? 'had no complete answer' : 'lost its connection'}`),
      ).toBe(true);
      expect(requests).toEqual([{ durationMs: expect.any(Number), answer: undefined }]);
    },
  );

  it('is worth another try after a success that cannot be read', async () => {
    nextAnswer(hub.sandbox, 200, '{"id":"1","createdAt":"2026-11-');
    expect(await failureOfCall(make(open(hub.sandbox).crm))).toEqual({
      class: 'transient',
      reason: 'UnreadableAnswer',
      detail: `${name} answered with a success that cannot be read.`,
    });
  });
});

describe('a mistake of ours', () => {
  it.each(calls)('on the way to $name is not taken for an answer of HubSpot', async ({ make }) => {
    const mistake = new TypeError('Cannot find module');
    const { crm } = open(hub.sandbox, { send: () => Promise.reject(mistake) });
    await expect(make(crm)).rejects.toBe(mistake);
  });
});

describe('a success without what a later step needs', () => {
  const [create, update, createNote, readContact, readNotes, listNotes] = calls;

  it.each([
    ['an update without anything', update, {}, 'has no id'],
    ['an update without an ID', update, { createdAt: since, updatedAt: since }, 'has no id'],
    ['an update without dates', update, { id: '1' }, 'has no valid createdAt'],
    ['an update without a body', update, undefined, 'cannot be read'],
    ['an update with a blank body', update, ' \n', 'cannot be read'],
    [
      'an update with no date',
      update,
      { id: '1', createdAt: null, updatedAt: since },
      'has no valid createdAt',
    ],
    [
      'an update with a bad date',
      update,
      { id: '1', createdAt: 'x', updatedAt: since },
      'has no valid createdAt',
    ],
    ['an update without its own date', update, { id: '1', createdAt: since }, 'has no valid updatedAt'],
    ['an update with null', update, 'null', 'cannot be read'],
    ...[create, createNote].flatMap((call): [string, typeof create, unknown, string][] => [
      [`no body of ${call?.name}`, call, undefined, 'cannot be read'],
      [`null of ${call?.name}`, call, 'null', 'cannot be read'],
      [`an empty text of ${call?.name}`, call, '""', 'has no id'],
      [`a list of ${call?.name}`, call, '[]', 'has no id'],
      [`a page of ${call?.name}`, call, '<h1>Maintenance</h1>', 'cannot be read'],
      [`something else of ${call?.name}`, call, { message: 'maintenance' }, 'has no id'],
      [`an empty ID of ${call?.name}`, call, { id: '' }, 'has no id'],
      [`an ID that is a number of ${call?.name}`, call, { id: 12 }, 'has no id'],
    ]),
    ['a contact without a body', readContact, undefined, 'cannot be read'],
    ['a contact with null', readContact, 'null', 'cannot be read'],
    [
      'a contact with a bad date',
      readContact,
      { properties: { createdate: 'x' } },
      'has no valid createdate',
    ],
    [
      'a contact with strange notes',
      readContact,
      { createdAt: since, associations: { notes: {} } },
      'cannot be read',
    ],
    ['notes without a body, which is not "no notes"', readNotes, undefined, 'cannot be read'],
    ['notes without results', readNotes, { status: 'COMPLETE' }, 'cannot be read'],
    ['notes with empty results', readNotes, { results: [null] }, 'cannot be read'],
    ['notes without properties', readNotes, { results: [{ id: '1' }] }, 'cannot be read'],
    ['a list without a body', listNotes, undefined, 'cannot be read'],
    ['a list with null', listNotes, 'null', 'cannot be read'],
  ])('is worth another try: %s', async (_, call, body, lack) => {
    nextAnswer(hub.sandbox, 200, body);

    expect(await failureOfCall(call?.make(open(hub.sandbox).crm) ?? Promise.resolve())).toEqual({
      class: 'transient',
      reason: 'UnreadableAnswer',
      detail: `${call?.name} answered with a success that ${lack}.`,
    });
  });
});

describe('a conflict', () => {
  const create = (crm: Crm) => crm.createContact(newContact(ada));

  it('that names no contact is looked up by the address', async () => {
    const { id } = hub.sandbox.portal.createContact({ email: ada.email });
    nextAnswer(hub.sandbox, 409);
    const { crm, requests } = open(hub.sandbox);
    expect(await create(crm)).toEqual({ conflictsWith: id });
    expect(requests).toHaveLength(2);
    expect(JSON.parse(hub.sandbox.journal.entries()[1]?.body ?? '')).toEqual({
      inputs: [{ id: ada.email }],
      idProperty: 'email',
      properties: ['email'],
      propertiesWithHistory: [],
    });
  });

  it('is for the CRM’s owners where there is no such look-up', async () => {
    nextAnswer(hub.sandbox, 409);
    nextAnswer(hub.sandbox, 404);
    expect(await failureOfCall(create(open(hub.sandbox).crm))).toMatchObject({
      class: 'misconfigured',
      detail: 'POST /crm/v3/objects/contacts/batch/read answered 404.',
    });
  });

  it('is worth another try where the look-up leaves something out', async () => {
    nextAnswer(hub.sandbox, 409);
    nextAnswer(hub.sandbox, 207, { results: [], errors: [{ category: 'INTERNAL_ERROR' }] });
    expect(await failureOfCall(create(open(hub.sandbox).crm))).toEqual({
      class: 'transient',
      reason: 'UnreadableAnswer',
      detail: 'POST /crm/v3/objects/contacts/batch/read answered with a success that leaves out a contact.',
    });
  });

  it.each([
    ['somebody without an ID', { properties: {} }, 'has no id'],
    ['nothing where somebody should be', null, 'cannot be read'],
  ])('is worth another try where the look-up finds %s', async (_, found, lack) => {
    nextAnswer(hub.sandbox, 409);
    nextAnswer(hub.sandbox, 200, { results: [found] });
    expect(await failureOfCall(create(open(hub.sandbox).crm))).toEqual({
      class: 'transient',
      reason: 'UnreadableAnswer',
      detail: `POST /crm/v3/objects/contacts/batch/read answered with a success that ${lack}.`,
    });
  });

  it.each([conflict('90071992547409931234'), oldConflict('90071992547409931234', ada.email)])(
    'names the contact in either shape',
    async (answer) => {
      hub.sandbox.faults.add({ do: { type: 'status', ...answer } });
      expect(await create(open(hub.sandbox).crm)).toEqual({ conflictsWith: '90071992547409931234' });
    },
  );

  it.each([
    [
      'names no contact',
      { ...conflict('').body, message: 'Contact already exists.' },
      ' CONFLICT',
      'rejected',
    ],
    [
      'is of a unique property',
      uniquePropertyConflict.body,
      ' OBJECT_ALREADY_EXISTS (username: refused)',
      'rejected',
    ],
    ['is a page of HTML', '<h1>Conflict</h1>', '', 'misconfigured'],
    ['has no body', undefined, '', 'misconfigured'],
  ])('is no conflict of this person where it %s', async (_, body, said, kind) => {
    nextAnswer(hub.sandbox, 409, body);
    expect(await failureOfCall(create(open(hub.sandbox).crm))).toMatchObject({
      class: kind,
      detail: `POST /crm/v3/objects/contacts answered 409${said}.`,
    });
  });

  it('is one of creating only: an update takes it for a refusal', async () => {
    hub.sandbox.faults.add({ do: { type: 'status', ...conflict('91000000099') } });
    const updating = open(hub.sandbox).crm.updateContact(ID, usernameUpdate(ada));
    expect(await failureOfCall(updating)).toMatchObject({ class: 'rejected' });
  });
});

describe('nobody is named', () => {
  it('where HubSpot quotes the address and the username back', async () => {
    const body = newContact({ email: 'ada.lovelace@nowhere', username: 'AdaL' });
    const error: unknown = await open(hub.sandbox)
      .crm.createContact(body)
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({
      failure: {
        class: 'rejected',
        detail: 'POST /crm/v3/objects/contacts answered 400 VALIDATION_ERROR (email: INVALID_EMAIL).',
      },
    });
    expect(`${error}${JSON.stringify(error)}${(error as Error).stack}`).not.toMatch(
      /lovelace|AdaL|sandbox-token/i,
    );
  });
});
