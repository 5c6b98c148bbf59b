import { describe, expect, it } from 'vitest';
import { connectSdk, Lack } from '../../lib/hubspot/sdk.ts';
import { newContact } from '../../lib/hubspot/ticket.ts';
import type { Call } from '../../lib/hubspot/transport.ts';

/** The SDK over a transport that always gets this answer. */
function connected(
  status: number,
  body: string,
  apiVersion = 'v3',
  baseUrl = 'https://api.example.org/proxy',
) {
  const calls: Call[] = [];
  const caller = { mayStart: new AbortController().signal, onRequest: () => {} };
  const sdk = connectSdk({
    baseUrl,
    apiVersion,
    send: async (call, given) => {
      expect(given).toBe(caller);
      calls.push(call);
      return { status, headers: new Headers({ 'content-type': 'text/html' }), body };
    },
  });
  return { sdk, calls, caller };
}

const body = newContact({ email: 'ada@example.org', username: 'AdaL' });
const whole = <T>(answer: T): T => answer;

describe('the SDK over our transport', () => {
  it('says of a success that cannot be read which call it answers, and what it lacks, and quotes nothing', async () => {
    const { sdk, caller } = connected(200, '{"id":"ada@example.org"}');
    const unreadable = (detail: string) => ({
      failure: { class: 'transient', reason: 'UnreadableAnswer', detail },
    });
    await expect(
      sdk.objects.create(caller, ['contacts', body], ({ id }) => {
        throw new Error(id);
      }),
    ).rejects.toMatchObject(
      unreadable('POST /proxy/crm/v3/objects/contacts answered with a success that cannot be read.'),
    );
    await expect(
      sdk.objects.create(caller, ['contacts', body], () => {
        throw new Lack('has no name');
      }),
    ).rejects.toMatchObject(
      unreadable('POST /proxy/crm/v3/objects/contacts answered with a success that has no name.'),
    );
    const associations = await sdk.associations();
    await expect(associations.notesOf(caller, '1', undefined, whole)).rejects.toMatchObject(
      unreadable(
        'POST /proxy/crm/v3/associations/contacts/notes/batch/read answered with a success that cannot be read.',
      ),
    );
  });

  it('writes every path under the version that is set, and none under another', async () => {
    for (const [apiVersion, objects, associations] of [
      ['v3', '/proxy/crm/v3/objects', '/proxy/crm/v3/associations'],
      ['2026-09', '/proxy/crm/objects/2026-09', '/proxy/crm/associations/2026-09'],
    ] as const) {
      const { sdk, calls, caller } = connected(200, '{"id":"7","results":[]}', apiVersion);
      await sdk.objects.create(caller, ['contacts', body], whole);
      await sdk.objects.update(caller, ['contacts', '1', { properties: {} }], whole);
      await sdk.objects.getById(caller, ['contacts', '1', ['username'], ['username'], ['notes']], whole);
      await sdk.objects.readBatch(
        caller,
        ['notes', { inputs: [], properties: [], propertiesWithHistory: [] }],
        whole,
      );
      await (await sdk.associations()).notesOf(caller, '1', 'x', whole);

      expect(calls.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
        `POST ${objects}/contacts`,
        `PATCH ${objects}/contacts/1`,
        `GET ${objects}/contacts/1`,
        `POST ${objects}/notes/batch/read`,
        `POST ${associations}/contacts/notes/batch/read`,
      ]);
      expect(calls.at(-1)?.body).toBe('{"inputs":[{"id":"1","after":"x"}]}');
      expect(calls[2]?.url).toContain('associations=notes');
    }
  });

  it('leaves the path of a proxy alone, whatever it is called', async () => {
    for (const [apiVersion, associations] of [
      ['v3', '/crm/v4/hub/crm/v3/associations'],
      ['2026-09', '/crm/v4/hub/crm/associations/2026-09'],
    ]) {
      const baseUrl = 'https://proxy.example.org/crm/v4/hub';
      const { sdk, calls, caller } = connected(200, '{"results":[]}', apiVersion, baseUrl);
      await (await sdk.associations()).notesOf(caller, '1', undefined, whole);
      expect(new URL(calls[0]?.url ?? '').pathname).toBe(`${associations}/contacts/notes/batch/read`);
    }
  });

  it('sends what it makes of a body, and nothing where there is none', async () => {
    const { sdk, calls, caller } = connected(200, '{}');
    await sdk.objects.create(caller, ['contacts', body], whole);
    await sdk.objects.getById(caller, ['contacts', '1'], whole);

    expect(calls).toMatchObject([
      {
        method: 'POST',
        url: 'https://api.example.org/proxy/crm/v3/objects/contacts',
        body: JSON.stringify(body),
      },
      { method: 'GET', body: undefined },
    ]);
  });

  it.each([199, 300, 302, 400, 409, 500])('lets %i out as a refusal that quotes nothing', async (status) => {
    const { sdk, caller } = connected(status, 'ada@example.org');

    await expect(sdk.objects.create(caller, ['contacts', body], whole)).rejects.toMatchObject({
      name: 'Refusal',
      message: `HubSpot answered ${status}`,
      callName: 'POST /proxy/crm/v3/objects/contacts',
      answer: { status, body: 'ada@example.org' },
    });
  });

  it.each([200, 201, 207, 299])('reads %i as JSON, whatever the type is said to be', async (status) => {
    const { sdk, caller } = connected(status, '{"id":"7","createdAt":"2026-11-23T18:00:00.000Z"}');

    expect(await sdk.objects.create(caller, ['contacts', body], whole)).toMatchObject({
      id: '7',
      createdAt: new Date('2026-11-23T18:00:00.000Z'),
    });
  });
});
