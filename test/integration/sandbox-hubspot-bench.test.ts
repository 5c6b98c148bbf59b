import { request } from 'node:http';
import { expect, test } from 'vitest';
import { API_VERSIONS } from '../../sandbox/hubspot/versions.ts';
import { hubSpotForTests, SOON } from './support/hubspot-calls.ts';

const { hubspot, call, under } = await hubSpotForTests();
const { contacts, create } = under('v3');

test('a hook is told of every phase, with the call, in order', async () => {
  const phases: string[] = [];
  hubspot.onCall = async ({ number, status }, phase) => {
    await Promise.resolve();
    phases.push(`${number} ${phase} ${status} ${hubspot.portal.contacts().length}`);
  };
  await create({ email: 'ada@example.org' });
  hubspot.faults.add({ do: { type: 'html', status: 503 } });
  await create({ email: 'ada@example.org' });
  const told = [
    '1 received pending 0',
    '1 applied pending 1',
    '1 answered 201 1',
    '2 received pending 1',
    '2 answered 503 1',
  ];
  await expect.poll(() => phases, SOON).toEqual(told);
});

test.each(API_VERSIONS)(
  'under %s the journal keeps what was sent, by person and by connection, and no token',
  async (version) => {
    const { contacts, create, addNote, read } = under(version);
    const { id } = hubspot.portal.createContact({ email: 'grace@example.org' });
    await create({ email: 'Ada@Example.org' });
    await addNote(id);
    await read(id, 'properties=username');
    const entries = hubspot.journal.entries();
    expect(entries[0]).toMatchObject({
      number: 1,
      method: 'POST',
      path: contacts,
      body: '{"properties":{"email":"Ada@Example.org"}}',
      headers: { authorization: 'right', 'content-type': 'application/json' },
      status: 201,
    });
    expect(JSON.stringify(entries)).not.toContain('sandbox-token');
    expect(hubspot.journal.forEmail('ADA@example.org')).toEqual([entries[0]]);
    expect(hubspot.journal.forEmail('grace@example.org')).toEqual(entries.slice(1));
    expect(new Set(entries.map(({ socket }) => socket)).size).toBeLessThan(3);
  },
);

test('everything can be had over HTTP, by another process', async () => {
  const seeded = await call('POST', '/_sandbox/contacts', { properties: { email: 'ada@example.org' } });
  expect(seeded.status).toBe(201);
  hubspot.portal.addNote(String(seeded.body.id), { hs_note_body: 'Hello' });
  const fault = { method: 'GET', path: contacts, times: null, do: { type: 'html', status: 502 } };
  expect((await call('POST', '/_sandbox/faults', fault)).status).toBe(204);
  expect((await call('POST', '/_sandbox/faults', { do: { type: 'nonsense' } })).status).toBe(400);
  const read = async () => (await call('GET', `${contacts}/${seeded.body.id}`)).status;
  expect([await read(), await read()]).toEqual([502, 502]);
  expect((await call('DELETE', '/_sandbox/faults')).status).toBe(204);
  expect(await read()).toBe(200);
  const cards = await call('GET', '/_sandbox/contacts');
  expect(cards.body).toMatchObject([
    { id: seeded.body.id, notes: [{ properties: { hs_note_body: 'Hello' } }] },
  ]);
  expect((await call('GET', '/_sandbox/requests')).body).toHaveLength(3);
  expect((await call('POST', '/_sandbox/reset')).status).toBe(204);
  expect((await call('GET', '/_sandbox/contacts')).body).toEqual([]);
});

test.each([
  { type: 'status', status: 999_999 },
  { type: 'status', status: 101 },
  { type: 'html', status: 600 },
  { type: 'empty', status: 0 },
  { type: 'status', status: 503, headers: { 'bad header': '5' } },
  { type: 'status', status: 503, headers: { 'retry-after': '5\r\nx: y' } },
  { type: 'status', status: 503, headers: { 'retry-after': 'fünf – 5' } },
  { type: 'status', status: 503, contentType: 'text/plain\n' },
])('a fault that HTTP cannot express is refused: %j', async (fault) => {
  expect((await call('POST', '/_sandbox/faults', { do: fault })).status).toBe(400);
  expect((await create({ email: 'ada@example.org' })).status).toBe(201);
});

test.each([
  ['PATCH', 'settings', '{"switchedOff": ["v3"', 'The body of the request is not JSON. Nothing was changed.'],
  ['PATCH', 'settings', '{"switchedOff": ["v9"]}', 'switchedOff.0: Invalid option: expected one of "v3"|'],
  ['PATCH', 'settings', '{"switchOff": []}', 'the body: Unrecognized key: "switchOff". Nothing was changed.'],
  ['POST', 'faults', '{"times": 1}', 'do: Invalid input: expected object, received undefined.'],
  ['POST', 'contacts', '{"properties": {}, "createdAt": "soon"}', 'createdAt: Not a date.'],
  ['POST', 'nonsense', '{}', 'There is nothing at POST /_sandbox/nonsense.'],
])('a mistake is answered with a sentence: %s %s %s', async (method, path, body, sentence) => {
  const answer = await fetch(`${hubspot.url}/_sandbox/${path}`, { method, body });
  expect(answer.status).toBe(path === 'nonsense' ? 404 : 400);
  expect(await answer.json()).toEqual({ error: expect.stringContaining(sentence) });
});

test('an address that is taken is answered with the contact that has it', async () => {
  const { id } = hubspot.portal.createContact({ email: 'ada@example.org' });
  const { status, body } = await call('POST', '/_sandbox/contacts', {
    properties: { email: 'ADA@example.org' },
  });
  expect(status).toBe(409);
  expect(body).toEqual({ error: `Contact ${id} has this address already.` });
});

test.each([{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { host: 'evil.example' }])(
  'another web site can change nothing: %j',
  async (headers) => {
    const { port } = new URL(hubspot.url);
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    // `fetch` sets these headers by itself.
    request({ port, host: '127.0.0.1', method: 'POST', path: '/_sandbox/reset', headers }, (answer) => {
      resolve(answer.resume().statusCode);
    }).end();
    hubspot.portal.createContact({ email: 'ada@example.org' });
    expect(await promise).toBe(403);
    expect(hubspot.portal.contacts()).toHaveLength(1);
  },
);
