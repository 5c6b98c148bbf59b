import { expect, test } from 'vitest';
import { soak } from '../../sandbox/soak/soak.ts';
import { API_VERSION } from '../integration/support/api-version.ts';
import { archiveLine, keepOutOfLogs } from '../integration/support/log-archive.ts';

keepOutOfLogs('@example.org');

test('among faults and deaths of every kind, every card ends as it should be', {
  timeout: 300_000,
}, async () => {
  const { differences, troubles, people, requests, idealRequests } = await soak({
    users: 150,
    faults: 0.3,
    seed: 1,
    apiVersion: API_VERSION,
    onLog: archiveLine,
  });
  expect(differences).toEqual([]);
  // It was no calm day: most kinds of trouble struck, deaths among them, and cost requests.
  expect(troubles.size).toBeGreaterThan(20);
  const kinds = [...troubles.keys()];
  for (const kind of [
    'dies',
    'clock put forward',
    'clock put back',
    'handed over again',
    'instance replaced',
  ]) {
    expect(kinds.some((name) => name.startsWith(kind))).toBe(true);
  }
  expect(people.again).toBeGreaterThan(0);
  expect(requests).toBeGreaterThan(idealRequests);
});

test('on a calm day nothing strikes, and every card ends as it should be', { timeout: 300_000 }, async () => {
  const { differences, troubles, people } = await soak({
    users: 40,
    faults: 0,
    seed: 2,
    apiVersion: API_VERSION,
    onLog: archiveLine,
  });
  expect(differences).toEqual([]);
  expect(troubles.size).toBe(0);
  expect(people.new).toBeGreaterThan(0);
  expect(people.existing).toBeGreaterThan(0);
});
