import { describe, expect, test } from 'vitest';
import { API_VERSIONS } from '../../sandbox/hubspot/versions.ts';
import { compareWithRecordings, readRecordings } from '../live/recordings.ts';
import { gentleShare } from '../live/wire.ts';
import { liveAccount } from './support/live-account.ts';

const { hubspot, recordings, run, writes, left } = await liveAccount();
const { portal, settings: account, faults, journal } = hubspot;
const NOTHING = { contacts: 0, notes: 0 };

describe('the suite', () => {
  test('holds of the sandbox, under every version, and leaves nothing behind', async () => {
    const { code, text } = await run({ versions: API_VERSIONS });
    expect(text).not.toContain('FAILED');
    expect(code).toBe(0);
    expect(text.match(/^ {2}ok/gm)).toHaveLength(13 * API_VERSIONS.length);
    expect(left()).toEqual(NOTHING);
    expect(writes().length).toBeGreaterThan(100);
    expect(text).not.toMatch(/@|wme-live-[0-9a-f]+-\d/);
    expect([...readRecordings(recordings)].length).toBeGreaterThan(20 * API_VERSIONS.length);
  });

  test('the sandbox answers as HubSpot was recorded to', async () => {
    await run({ versions: API_VERSIONS });
    expect(compareWithRecordings('test/recordings', recordings)).toEqual([]);
  });

  test('tells what an account does otherwise', async () => {
    const usual = await run();
    expect(usual.text).toContain('category CONFLICT');
    expect(usual.text).toContain('an update under the old one: the contact that is left');
    expect(usual.text).toContain('the note comes back as text');
    expect(usual.text).toContain('"after" is ignored');
    hubspot.reset();
    account.conflictCategory = 'OBJECT_ALREADY_EXISTS';
    account.mergedIds = 'not-found';
    account.noteBodies = 'html';
    const other = await run({ versions: ['2026-09'] });
    expect(other.code).toBe(0);
    expect(other.text).toContain('category OBJECT_ALREADY_EXISTS');
    expect(other.text).toContain('an update under the old one: 404');
    expect(other.text).toContain('the note comes back with markup');
    expect(other.text).toContain('"after" is honoured');
  });

  test('fails where the service could not live with what HubSpot does', async () => {
    faults.add({
      method: 'POST',
      path: '/crm/v3/objects/notes',
      times: Number.POSITIVE_INFINITY,
      do: { type: 'status', status: 403, body: { category: 'MISSING_SCOPES' } },
    });
    const { code, text } = await run();
    expect(code).toBe(1);
    expect(text).toMatch(/FAILED {2}an existing contact costs three requests/);
    expect(readRecordings(recordings).get('v3/note-created')?.status).toBe(403);
    expect(left()).toEqual(NOTHING);
  });
});

describe('what is made', () => {
  test('belongs to owners of the account', async () => {
    for (const owner of ['31', '32']) portal.ownerIds.add(owner);
    const { code } = await run({ owners: { contact: '31', note: '32' } });
    expect(code).toBe(0);
    const owners = new Set(
      journal.entries().flatMap(({ body }) => body.match(/(?<="hubspot_owner_id":")\d+/g) ?? []),
    );
    expect([...owners].sort()).toEqual(['31', '32']);
  });

  test('is removed where no answer ever named it', async () => {
    faults.add({ method: 'POST', path: '/crm/v3/objects/contacts', do: { type: 'reset', when: 'after' } });
    const { code, text } = await run();
    expect(code).toBe(1);
    expect(text).toMatch(/FAILED {2}a new user costs one request/);
    expect(left()).toEqual(NOTHING);
  });

  test('is removed where HubSpot takes a second asking', async () => {
    const path = '/crm/v3/objects/contacts/90000000002';
    const fault = faults.add({ method: 'DELETE', path, do: { type: 'status', status: 500 } });
    const { code } = await run();
    expect(fault.struck).toBe(1);
    expect(code).toBe(0);
    expect(left()).toEqual(NOTHING);
  });

  test('is named where it cannot be removed', async () => {
    hubspot.onCall = ({ method, path }, phase) => {
      if (method !== 'DELETE' || phase !== 'received' || !path.endsWith('/90000000002')) return;
      faults.add({ method, path, do: { type: 'status', status: 500 } });
    };
    const { code, text } = await run();
    expect(code).toBe(1);
    expect(text).toContain('still there: contact 90000000002: answered 500');
    expect(text).toMatch(/Remove by hand what a search for "wme-live-[0-9a-f]{10}" finds/);
    expect(portal.contacts().map(({ id }) => id)).toEqual(['90000000002']);
  });

  test('is removed when the run is stopped, and no further question is asked', async () => {
    const stop = new AbortController();
    hubspot.onCall = ({ method }, phase) => {
      if (method === 'PATCH' && phase === 'applied') stop.abort();
    };
    const { code, text } = await run({ versions: API_VERSIONS }, { stop: stop.signal });
    expect(code).toBe(130);
    expect(text.match(/^ {2}ok/gm)).toHaveLength(1);
    expect(text).toContain('Stopped.');
    expect(left()).toEqual(NOTHING);
  });
});

test('calls stay below a tenth of the rate limit', async () => {
  const starts: number[] = [];
  let now = 0;
  const share = gentleShare({
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  });
  const { code } = await run(
    { versions: API_VERSIONS },
    {
      share: {
        ...share,
        turn: async (mayStart) => {
          await share.turn(mayStart);
          starts.push(now);
        },
      },
    },
  );
  expect(code).toBe(0);
  expect(starts.length).toBeGreaterThan(100);
  const busiest = Math.max(
    ...starts.map((at) => starts.filter((other) => other > at - 10_000 && other <= at).length),
  );
  expect(busiest).toBeLessThanOrEqual(19);
});
