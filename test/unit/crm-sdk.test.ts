import { describe, expect, it } from 'vitest';
import { connectSdk } from '../../lib/hubspot/sdk.ts';
import { newContact } from '../../lib/hubspot/ticket.ts';
import type { Call } from '../../lib/hubspot/transport.ts';

/** The SDK over a transport that always gets this answer. */
function connected(status: number, body: string) {
  const calls: Call[] = [];
  const caller = { mayStart: new AbortController().signal, onRequest: () => {} };
  const sdk = connectSdk({
    baseUrl: 'https://api.example.org',
    caller,
    send: async (call, given) => {
      expect(given).toBe(caller);
      calls.push(call);
      return { status, headers: new Headers({ 'content-type': 'text/html' }), body };
    },
  });
  return { sdk, calls };
}

const body = newContact({ email: 'ada@example.org', username: 'AdaL' });

describe('the SDK over our transport', () => {
  it('names its latest call, and none before the first', async () => {
    const { sdk } = connected(200, '{}');
    expect(sdk.latestCall()).toBe('No call');

    await sdk.objects.create('contacts', body);
    expect(sdk.latestCall()).toBe('POST /crm/v3/objects/contacts');
    await (await sdk.associations()).getPage('contacts', '1', 'notes');
    expect(sdk.latestCall()).toBe('GET /crm/v4/objects/contacts/1/associations/notes');
  });

  it('sends what it makes of a body, and nothing where there is none', async () => {
    const { sdk, calls } = connected(200, '{}');
    await sdk.objects.create('contacts', body);
    await sdk.objects.getById('contacts', '1');

    expect(calls).toMatchObject([
      { method: 'POST', url: 'https://api.example.org/crm/v3/objects/contacts', body: JSON.stringify(body) },
      { method: 'GET', body: undefined },
    ]);
  });

  it.each([199, 300, 302, 400, 409, 500])('lets %i out as a refusal that quotes nothing', async (status) => {
    const { sdk } = connected(status, 'ada@example.org');

    await expect(sdk.objects.create('contacts', body)).rejects.toMatchObject({
      name: 'Refusal',
      message: `HubSpot answered ${status}`,
      answer: { status, body: 'ada@example.org' },
    });
  });

  it.each([200, 201, 207, 299])('reads %i as JSON, whatever the type is said to be', async (status) => {
    const { sdk } = connected(status, '{"id":"7","createdAt":"2026-11-23T18:00:00.000Z"}');

    expect(await sdk.objects.create('contacts', body)).toMatchObject({
      id: '7',
      createdAt: new Date('2026-11-23T18:00:00.000Z'),
    });
  });
});
