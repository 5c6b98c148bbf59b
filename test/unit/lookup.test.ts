import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeliveryError } from '../../lib/failure.ts';
import { openLookUp } from '../../lib/hubspot/lookup.ts';
import { internalError } from '../../sandbox/hubspot/answers.ts';
import type { HubSpotSandbox } from '../../sandbox/hubspot/sandbox.ts';
import { startHubSpot } from '../../sandbox/hubspot/server.ts';

let hubspot: HubSpotSandbox;
beforeAll(async () => {
  hubspot = await startHubSpot();
});
beforeEach(() => hubspot.reset());
afterAll(() => hubspot.close());

const calls: { path: string; body: string }[] = [];
const open = (respond?: (body: string) => { status: number; body: string }) => {
  calls.length = 0;
  return openLookUp({
    baseUrl: hubspot.url,
    apiVersion: 'v3',
    caller: { mayStart: new AbortController().signal, onRequest: () => undefined },
    async send({ method, url, headers, body = '' }) {
      calls.push({ path: new URL(url).pathname, body });
      if (respond !== undefined) return { headers: new Headers(), ...respond(body) };
      const authorization = `Bearer ${hubspot.settings.accessToken}`;
      const answer = await fetch(url, { method, headers: { ...headers, authorization }, body });
      return { status: answer.status, headers: answer.headers, body: await answer.text() };
    },
  });
};

const known = (email: string, more = {}): string => hubspot.portal.createContact({ email, ...more }).id;

describe('who holds an address', () => {
  it('is asked for many at once, in any letter case, and in the body of the request', async () => {
    const [ada, grace] = [known('ada@example.org'), known('grace@example.org')];
    const holders = await open().holdersOf(['Ada@Example.org', 'grace@example.org', 'nobody@example.org']);
    expect([...holders]).toEqual([
      ['ada@example.org', ada],
      ['grace@example.org', grace],
    ]);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.path).toBe('/crm/v3/objects/contacts/batch/read');
    expect(JSON.parse(calls[0]?.body ?? '')).toMatchObject({
      idProperty: 'email',
      properties: ['email', 'username'],
    });
  });

  it('is asked once for an address that is named twice, and not at all for none', async () => {
    const ada = known('ada@example.org');
    expect(await open().holdersOf(['ada@example.org', 'ADA@example.org'])).toEqual(
      new Map([['ada@example.org', ada]]),
    );
    expect(JSON.parse(calls[0]?.body ?? '').inputs).toHaveLength(1);
    expect(await open().holdersOf([])).toEqual(new Map());
    expect(calls).toEqual([]);
  });

  it('is found by another of their addresses, which HubSpot does not say', async () => {
    const answers: Record<string, object[]> = {
      'old@example.org': [{ id: '7', properties: { email: 'new@example.org' } }],
      'ada@example.org': [{ id: '8', properties: { email: 'Ada@example.org' } }],
    };
    const respond = (body: string) => {
      const { inputs }: { inputs: { id: string }[] } = JSON.parse(body);
      const results = inputs
        .flatMap(({ id }) => answers[id] ?? [])
        .map((result) => ({
          ...result,
          createdAt: '2026-01-01T00:00:00Z',
          updatedAt: '2026-01-01T00:00:00Z',
        }));
      return { status: 200, body: JSON.stringify({ status: 'COMPLETE', results }) };
    };
    const holders = await open(respond).holdersOf(['old@example.org', 'ada@example.org', 'none@example.org']);
    expect([...holders]).toEqual([
      ['ada@example.org', '8'],
      ['old@example.org', '7'],
    ]);
    expect(calls).toHaveLength(3);
  });
});

it('a card tells the username, and where there is none, that', async () => {
  known('ada@example.org', { username: 'AdaL' });
  known('grace@example.org', { username: '' });
  const cards = await open().cardsOf(['Ada@example.org', 'grace@example.org', 'nobody@example.org']);
  expect([...cards].map(([email, { username }]) => [email, username])).toEqual([
    ['ada@example.org', 'AdaL'],
    ['grace@example.org', undefined],
  ]);
});

it('a contact whose address the answer does not tell is asked for by itself', async () => {
  const body = JSON.stringify({ status: 'COMPLETE', results: [{ id: '7', properties: { email: null } }] });
  expect(await open(() => ({ status: 200, body })).holdersOf(['ada@example.org'])).toEqual(
    new Map([['ada@example.org', '7']]),
  );
  expect(calls).toHaveLength(2);
});

describe('HubSpot in trouble', () => {
  const failureOf = async (asking: Promise<unknown>) => {
    const error = await asking.catch((thrown: unknown) => thrown);
    if (!(error instanceof DeliveryError)) throw error;
    return error.failure;
  };

  it('is told by the class of its answer, and names nobody', async () => {
    hubspot.faults.add({ do: { type: 'status', ...internalError } });
    const failure = await failureOf(open().holdersOf(['ada@example.org']));
    expect(failure).toMatchObject({
      class: 'transient',
      detail: 'POST /crm/v3/objects/contacts/batch/read answered 500 INTERNAL_ERROR.',
    });
  });

  it('is told where a success cannot be read', async () => {
    const failure = await failureOf(
      open(() => ({ status: 200, body: '{"results":' })).holdersOf(['ada@example.org']),
    );
    expect(failure).toEqual({
      class: 'transient',
      reason: 'UnreadableAnswer',
      detail: 'POST /crm/v3/objects/contacts/batch/read answered with a success that cannot be read.',
    });
  });

  it('is told where an answer leaves somebody out, and not because they are not there', async () => {
    const body = (...categories: string[]) =>
      JSON.stringify({
        status: 'COMPLETE',
        results: [],
        errors: categories.map((category) => ({ status: 'error', category, message: '' })),
      });
    const failure = await failureOf(
      open(() => ({ status: 207, body: body('OBJECT_NOT_FOUND', 'INTERNAL_ERROR') })).holdersOf([
        'ada@example.org',
      ]),
    );
    expect(failure).toMatchObject({
      class: 'transient',
      detail: 'POST /crm/v3/objects/contacts/batch/read answered with a success that leaves out a contact.',
    });
    const gone = open(() => ({ status: 207, body: body('OBJECT_NOT_FOUND') }));
    expect(await gone.holdersOf(['ada@example.org'])).toEqual(new Map());
  });

  it('a mistake of ours stays one', async () => {
    const mistake = new TypeError('none');
    const broken = open(() => {
      throw mistake;
    });
    await expect(broken.holdersOf(['ada@example.org'])).rejects.toBe(mistake);
  });
});
