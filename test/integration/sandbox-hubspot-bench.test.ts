import { expect, test } from 'vitest';
import { startHubSpot } from '../../sandbox/hubspot/server.ts';
import { API_VERSIONS } from '../../sandbox/hubspot/versions.ts';
import { hubSpotForTests, networkError, SOON } from './support/hubspot-calls.ts';

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

test('the page shows cards, notes and requests, and runs nobody else’s script', async () => {
  const { id } = hubspot.portal.createContact({ email: 'ada@example.org', username: '<script>1</script>' });
  hubspot.portal.addNote(id, { hs_note_body: '<img src=x onerror=alert(1)>' });
  await call('GET', `${contacts}/1?properties="><script>`);
  const { body, headers } = await call('GET', '/');
  expect(headers.get('content-type')).toContain('text/html');
  expect(body).toContain('ada@example.org');
  expect(body).toContain('&lt;img src=x onerror=alert(1)&gt;');
  expect(body).not.toMatch(/<script|<img/);
});

test('a token is told what it is good for', async () => {
  const ask = (tokenKey: string) =>
    call('POST', '/oauth/v2/private-apps/get/access-token-info', { tokenKey });
  expect((await ask('sandbox-token')).body.scopes).toContain('crm.objects.contacts.write');
  expect((await ask('old-token')).status).toBe(404);
});

test('a reset puts back what the sandbox was started with, and closing is at once', async () => {
  const other = await startHubSpot({ requestsPer10s: Number.POSITIVE_INFINITY, accessToken: 'a' });
  other.settings.accessToken = 'b';
  other.settings.scopes.clear();
  other.settings.switchedOff.add('v3');
  other.settings.conflictCategory = 'OBJECT_ALREADY_EXISTS';
  other.portal.nextContactId = '5';
  other.reset();
  expect(other.settings).toMatchObject({
    accessToken: 'a',
    requestsPer10s: Number.POSITIVE_INFINITY,
    clockOffsetMs: 0,
    conflictCategory: 'CONFLICT',
  });
  expect(other.settings.switchedOff.size).toBe(0);
  expect(other.settings.scopes.size).toBe(4);
  expect(other.portal.nextContactId).toBe('90000000001');
  other.faults.add({ do: { type: 'hang', when: 'before' } });
  const hanging = networkError(
    fetch(`${other.url}${contacts}/1`, { headers: { authorization: 'Bearer a' } }),
  );
  await expect.poll(() => other.journal.entries()[0]?.status, SOON).toBe('hang');
  await other.close();
  expect(await hanging).toBe('UND_ERR_SOCKET');
});
