import { describe, expect, test } from 'vitest';
import { API_VERSIONS } from '../../sandbox/hubspot/versions.ts';
import { readSettings } from '../live/settings.ts';
import { liveAccount } from './support/live-account.ts';

const { hubspot, run, writes } = await liveAccount();
const { portal, settings: account, journal } = hubspot;

describe('before anything is written', () => {
  test.each([
    [
      'another account',
      () => ({ portalId: '7654321' }),
      /account 1234567, and HUBSPOT_PORTAL_ID says 7654321/,
    ],
    ['a wrong token', () => ({ accessToken: 'another' }), /does not say which account/],
    [
      'an account that people work in',
      () => {
        account.accountType = 'STANDARD';
        return {};
      },
      /STANDARD/,
    ],
    [
      'another account, known by its token only',
      () => {
        account.switchedOff.add('v3');
        return { portalId: '7654321' };
      },
      /account 1234567, and HUBSPOT_PORTAL_ID says 7654321/,
    ],
  ])('%s is refused', async (_, arrange, message) => {
    const { code, text } = await run(arrange());
    expect(code).toBe(2);
    expect(text).toMatch(message);
    expect(text).toContain('Nothing was written.');
    expect(journal.entries()).toEqual([]);
  });

  test('all that the account lacks is named', async () => {
    portal.contactDefinitions.delete('username');
    portal.contactDefinitions.set('team_ownership', { label: '', type: 'enumeration', options: ['Other'] });
    portal.ownerIds.delete('1245777529');
    const { code, lines } = await run();
    expect(code).toBe(2);
    expect(lines.filter((line) => line.includes('lacks'))).toEqual([
      'The account lacks the contact property username.',
      'The account lacks the option "Enterprise" of the contact property team_ownership.',
      'The account lacks the owner 1245777529: name one of this account in LIVE_TEST_NOTE_OWNER_ID.',
    ]);
    expect(writes()).toEqual([]);
  });

  test('a credential that may not see owners is no obstacle', async () => {
    account.scopes.delete('crm.objects.owners.read');
    const { code, text } = await run();
    expect(text).toContain('Not checked: the owner 823648202 (403).');
    expect(code).toBe(0);
  });

  test.each([
    [{}, [], /HUBSPOT_ACCESS_TOKEN is not set; HUBSPOT_PORTAL_ID is not set/],
    [{ HUBSPOT_ACCESS_TOKEN: 'pat-1' }, [], /HUBSPOT_PORTAL_ID is not set/],
    [{ HUBSPOT_PORTAL_ID: '1' }, [], /HUBSPOT_ACCESS_TOKEN is not set/],
    [{ HUBSPOT_ACCESS_TOKEN: 'pat-1', HUBSPOT_PORTAL_ID: '1' }, ['--all'], /only option/],
    [
      { HUBSPOT_ACCESS_TOKEN: 'pat-1', HUBSPOT_PORTAL_ID: '1', HUBSPOT_BASE_URL: 'http://127.0.0.1:4010' },
      [],
      /LIVE_TEST_RECORDINGS/,
    ],
  ])('settings %j are refused', (environment, args, message) => {
    expect(() => readSettings(environment, args)).toThrow(message);
  });

  test('HubSpot itself is the default, and its recordings go into the repository', () => {
    const environment = { HUBSPOT_ACCESS_TOKEN: 'pat-1', HUBSPOT_PORTAL_ID: '1' };
    expect(readSettings(environment, ['--all-versions'])).toMatchObject({
      baseUrl: 'https://api.hubapi.com',
      versions: API_VERSIONS,
      recordings: 'test/recordings',
    });
  });
});
