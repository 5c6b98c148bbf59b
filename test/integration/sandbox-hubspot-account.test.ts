import { describe, expect, it } from 'vitest';
import { type AccountOptions, createAccount } from '../../sandbox/hubspot/account.ts';
import { API_VERSIONS, pathOf } from '../../sandbox/hubspot/versions.ts';
import { hubSpotForTests, note } from './support/hubspot-calls.ts';

const { call } = await hubSpotForTests();

const START = Date.UTC(2026, 10, 23, 18);
const contacts = pathOf('v3', 'objects', 'contacts');

const request = (method: string, url: string, body?: unknown, token = 'sandbox-token') => ({
  method,
  url,
  body: body === undefined ? '' : JSON.stringify(body),
  headers: {
    authorization: `Bearer ${token}`,
    contentType: body === undefined ? undefined : 'application/json',
  },
});

const create = (email: string) => request('POST', contacts, { properties: { email } });

/** An account, and the clock that it goes by. */
function accountAt(options: Partial<AccountOptions> = {}) {
  const clock = { ms: START };
  let calls = 0;
  const newCorrelationId = () => {
    calls += 1;
    return `call-${calls}`;
  };
  return { clock, account: createAccount({ now: () => clock.ms, newCorrelationId, ...options }) };
}

describe('the account without HTTP', () => {
  it.each(API_VERSIONS)('answers as it does over HTTP, under %s', async (version) => {
    const { account } = accountAt();
    const [cards, notes] = [pathOf(version, 'objects', 'contacts'), pathOf(version, 'objects', 'notes')];
    const [first, second, firstNote] = ['90000000001', '90000000002', '70000000001'];
    const requests: Parameters<typeof call>[] = [
      ['POST', cards, { properties: { email: 'Ada@Example.org', username: 'ada' } }],
      ['POST', cards, { properties: { email: 'ada@example.ORG' } }],
      ['POST', cards, { properties: { email: 'x@', nickname: 'x' } }],
      ['POST', cards, { properties: { email: 'bob@example.org' } }],
      ['PATCH', `${cards}/${first}`, { properties: { username: 'ada2' } }],
      ['POST', notes, note(first)],
      ['POST', notes, note('1')],
      ['GET', `${cards}/${first}?properties=username&propertiesWithHistory=username&associations=notes`],
      [
        'POST',
        `${cards}/batch/read`,
        { inputs: [{ id: 'ada@example.org' }, { id: 'x' }], idProperty: 'email' },
      ],
      ['POST', pathOf(version, 'associations', 'contacts/notes/batch/read'), { inputs: [{ id: first }] }],
      ['GET', `${cards}/${first}/associations/notes?limit=1`],
      ['POST', `${notes}/batch/read`, { inputs: [{ id: firstNote }], properties: ['hs_note_body'] }],
      ['GET', `${notes}/${firstNote}`],
      ['POST', `${cards}/merge`, { primaryObjectId: second, objectIdToMerge: first }],
      ['DELETE', `${notes}/${firstNote}`],
      ['DELETE', `${cards}/${second}`],
      ['GET', `${cards}/${second}?archived=true`],
      ['GET', `${cards}/${second}`],
      ['GET', pathOf(version, 'properties', 'contacts/username')],
      ['GET', pathOf(version, 'owners', '823648202')],
      ['GET', '/crm/nowhere'],
      ['GET', `${cards}/${first}`, undefined, { token: 'other' }],
    ];
    const comparable = ({ status, headers, body }: { status: number; headers: object; body: unknown }) =>
      JSON.stringify({ status, headers, body })
        .replace(/[0-9a-f]{8}-[0-9a-f-]{27}|call-\d+/g, 'CORRELATION ID')
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');

    for (const [method, path, body, { token } = {}] of requests) {
      const overHttp = await call(method, path, body, { ...(token && { token }) });
      const answer = account.answerTo(request(method, path, body, token));
      const sent = Object.keys(answer.headers).sort();
      const headers = Object.fromEntries(sent.map((name) => [name, overHttp.headers.get(name)]));
      const sorted = Object.fromEntries(sent.map((name) => [name, answer.headers[name]]));
      expect(comparable({ ...answer, body: answer.body ?? '', headers: sorted })).toBe(
        comparable({ ...overHttp, headers }),
      );
    }
  });

  it('goes by the clock that it is given, the work on a batch included', () => {
    const { account, clock } = accountAt();
    account.answerTo(create('ada@example.org'));
    clock.ms += 60_000;
    const { body } = account.answerTo(
      request('POST', `${contacts}/batch/read`, { inputs: [{ id: '90000000001' }] }),
    );
    expect(body).toMatchObject({
      results: [{ createdAt: '2026-11-23T18:00:00.000Z' }],
      startedAt: '2026-11-23T18:01:00.000Z',
      completedAt: '2026-11-23T18:01:00.000Z',
    });
  });

  it('takes its correlation IDs from whom it is told to', () => {
    const { account } = accountAt();
    const answers = [
      account.answerTo(create('ada@example.org')),
      account.answerTo(create('ada@example.org')),
    ];
    expect(answers.map(({ headers }) => headers['x-hubspot-correlation-id'])).toEqual(['call-1', 'call-2']);
    expect(answers[1]?.body).toMatchObject({ category: 'CONFLICT', correlationId: 'call-2' });
  });

  it('does nothing for a request that is refused, or that nobody applies', () => {
    const { account } = accountAt({ settings: { requestsPer10s: 1 } });
    expect(account.receive(create('ada@example.org')).refusal()).toBeUndefined();
    expect(account.answerTo(create('ada@example.org'))).toMatchObject({
      status: 429,
      headers: { 'x-hubspot-ratelimit-remaining': '0' },
    });
    expect(account.portal.contacts()).toEqual([]);
  });

  it('can apply a request later than it came, and answer something else', () => {
    const { account, clock } = accountAt();
    const slow = account.receive(create('ada@example.org'));
    expect(slow.refusal()).toBeUndefined();
    clock.ms += 5_000;
    expect(account.answerTo(create('ada@example.org')).status).toBe(201);
    clock.ms += 5_000;
    const late = slow.apply();
    expect(late.status).toBe(409);
    expect(account.complete({ status: 502, headers: { 'retry-after': '1' } })).toEqual({
      status: 502,
      headers: expect.objectContaining({ 'retry-after': '1', 'x-hubspot-ratelimit-remaining': '189' }),
    });
  });

  it('counts what is in the window, also after very many requests and with the clock set back', () => {
    const { account, clock } = accountAt({ settings: { requestsPer10s: 3, requestsPerDay: 1e9 } });
    const status = () => account.answerTo(request('GET', `${contacts}/1`)).status;
    for (let round = 0; round < 8_000; round += 1) {
      expect([status(), status(), status(), status()]).toEqual([404, 404, 404, 429]);
      clock.ms += 10_000;
    }
    expect(status()).toBe(404);
    clock.ms -= 5_000;
    expect([status(), status(), status(), status()]).toEqual([404, 404, 404, 429]);
    clock.ms += 10_000;
    expect([status(), status(), status(), status()]).toEqual([404, 404, 404, 429]);
  });

  it('is as at first after a reset, with the settings that it was made with', () => {
    const { account } = accountAt({ settings: { requestsPer10s: 1 } });
    account.answerTo(create('ada@example.org'));
    account.settings.requestsPer10s = 0;
    account.reset();
    expect(account.portal.contacts()).toEqual([]);
    expect(account.answerTo(create('ada@example.org'))).toMatchObject({
      status: 201,
      body: { id: '90000000001' },
    });
    expect(account.settings.requestsPer10s).toBe(1);
  });
});

it('the notes of a card stand in the order of their dates, those of one moment in that of their arrival', () => {
  const { portal } = accountAt().account;
  const [ada, bob] = [portal.createContact({}).id, portal.createContact({}).id];
  const bodiesOf = (id: string) => portal.notesOf(id).map(({ properties }) => properties.hs_note_body);
  const add = (contactId: string, body: string, createdAt: number) =>
    portal.addNote(contactId, { hs_note_body: body }, { createdAt });
  add(ada, 'a2', 2);
  add(ada, 'a1', 1);
  add(ada, 'a2 again', 2);
  add(ada, 'a3', 3);
  expect(bodiesOf(ada)).toEqual(['a1', 'a2', 'a2 again', 'a3']);
  add(bob, 'b2', 2);
  add(bob, 'b0', 0);
  portal.merge(bob, ada, { goneAnswers: 'survivor' });
  expect(bodiesOf(ada)).toEqual(['b0', 'a1', 'a2', 'a2 again', 'b2', 'a3']);
});
