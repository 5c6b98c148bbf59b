import { expect, test } from 'vitest';
import * as answers from '../../sandbox/hubspot/answers.ts';
import { hubSpotForTests, networkError, SOON } from './support/hubspot-calls.ts';

const { hubspot, call, under } = await hubSpotForTests();
const { contacts, notes, create, update, addNote } = under('2026-09');

const ada = { email: 'ada@example.org' };
const written = () => hubspot.portal.contacts().length;

test.each([
  ['status', { type: 'status', ...answers.locked }, 423, 0],
  ['status after the write', { type: 'status', status: 504, body: 'gateway', after: true }, 504, 1],
  ['html', { type: 'html', status: 521 }, 521, 0],
  ['empty', { type: 'empty' }, 201, 1],
  ['empty with a status', { type: 'empty', status: 202 }, 202, 1],
  ['delay', { type: 'delay', ms: 5 }, 201, 1],
] as const)('%s', async (_name, fault, status, contacts) => {
  hubspot.faults.add({ do: fault });
  expect((await create(ada)).status).toBe(status);
  expect(written()).toBe(contacts);
  expect(hubspot.journal.entries()).toMatchObject([{ status }]);
  expect((await create({ email: 'grace@example.org' })).status).toBe(201);
});

test.each([
  ['reset before', { type: 'reset', when: 'before' }, 'ECONNRESET', 0, 'reset'],
  ['reset after', { type: 'reset', when: 'after' }, 'ECONNRESET', 1, 'reset'],
  ['truncated', { type: 'truncated' }, 'UND_ERR_SOCKET', 1, 201],
] as const)('%s the write', async (_name, fault, code, contacts, status) => {
  hubspot.faults.add({ do: fault });
  expect(await networkError(create(ada))).toBe(code);
  expect(written()).toBe(contacts);
  expect(hubspot.journal.entries()).toMatchObject([{ status }]);
});

test('JSON that is cut half way, in a complete answer', async () => {
  hubspot.faults.add({ do: { type: 'cut-json' } });
  expect(await networkError(create(ada))).toBe('SyntaxError');
  expect(written()).toBe(1);
});

test.each([
  ['before', 0],
  ['after', 1],
] as const)('a call that hangs %s the write, until everything is cut off', async (when, contacts) => {
  hubspot.faults.add({ do: { type: 'hang', when } });
  const hanging = networkError(create(ada));
  await expect.poll(() => hubspot.journal.entries()[0]?.status, SOON).toBe('hang');
  expect(written()).toBe(contacts);
  hubspot.reset();
  expect(await hanging).toBe('UND_ERR_SOCKET');
});

test('a delayed write takes effect without its client, but not after a reset', async () => {
  // Long enough to hang up and to look meanwhile, on a busy machine too.
  const ms = 300;
  hubspot.faults.add({ do: { type: 'delay', ms } });
  const client = new AbortController();
  const impatient = networkError(call('POST', contacts, { properties: ada }, { signal: client.signal }));
  await expect.poll(() => hubspot.journal.entries().length, SOON).toBe(1);
  client.abort();
  expect(await impatient).toBe('AbortError');
  expect(written()).toBe(0);
  await expect.poll(written, SOON).toBe(1);
  hubspot.reset();
  hubspot.faults.add({ do: { type: 'delay', ms } });
  const cutOff = networkError(create(ada));
  await expect.poll(() => hubspot.journal.entries().length, SOON).toBe(1);
  hubspot.reset();
  expect(await cutOff).toBe('UND_ERR_SOCKET');
  await new Promise((resolve) => setTimeout(resolve, ms + 50));
  expect(written()).toBe(0);
});

test('strike the calls they are meant for, as often as they are meant to', async () => {
  const { id } = hubspot.portal.createContact({ email: 'grace@example.org' });
  const forAda = hubspot.faults.add({
    email: 'ADA@example.org',
    times: Number.POSITIVE_INFINITY,
    do: { type: 'html', status: 502 },
  });
  hubspot.faults.add({
    method: 'patch',
    path: /contacts\/\d+$/g,
    email: 'grace@example.org',
    times: 2,
    do: { type: 'html', status: 503 },
  });
  hubspot.faults.add({ path: notes, email: 'grace@example.org', do: { type: 'html', status: 504 } });
  const patch = async () => (await update(id, {})).status;
  expect([(await create(ada)).status, (await create(ada)).status]).toEqual([502, 502]);
  expect([await patch(), await patch(), await patch()]).toEqual([503, 503, 200]);
  expect((await addNote(id)).status).toBe(504);
  expect((await addNote(id)).status).toBe(201);
  expect(forAda.struck).toBe(2);
  forAda.remove();
  expect((await create(ada)).status).toBe(201);
});

test('the well-known answers go out as they are', async () => {
  const known = [
    answers.dailyLimit,
    answers.expiredAuthentication,
    answers.missingScopes('a'),
    answers.oldConflict('91', 'ada@example.org'),
    answers.uniquePropertyConflict,
    answers.userLacksPermissions,
    answers.moved(86_400),
    answers.internalError,
  ];
  for (const answer of known) {
    hubspot.faults.add({ do: { type: 'status', ...answer } });
    const { status, body, headers } = await create(ada);
    expect({ status, body }).toEqual({ status: answer.status, body: answer.body });
    expect(headers.get('x-hubspot-correlation-id')).toBe(answer.body.correlationId);
    if (answer.status === 477) expect(headers.get('retry-after')).toBe('86400');
  }
});
