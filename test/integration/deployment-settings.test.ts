import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { copyService, tryServerless } from './packaging.ts';

// What infrastructure/deploying refuses and warns of, through the real command.

/** Each starts the command anew, which takes seconds where two do at once. */
vi.setConfig({ testTimeout: 120_000 });

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployment-settings-'));
  await copyService(folder);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(['package', 'deploy', 'deploy function --function syncContact'])('%s', (command) => {
  test.each(['pord', 'local'])('refuses stage %s, and names those that there are', async (stage) => {
    const { code, said } = await tryServerless(folder, [...command.split(' '), '--stage', stage]);
    expect(code).toBe(1);
    expect(said).toContain(`There is no stage "${stage}" to deploy. The stages are prod, staging, dev;`);
    expect(said).not.toContain('at Deploying'); // a sentence, not a stack trace
  });
});

test('all that is wrong is said at once', async () => {
  const wrong = ['timeZone=+01:00', 'rollbackMinutes=181'].flatMap((param) => ['--param', param]);
  const { code, said } = await tryServerless(folder, ['package', '--stage', 'prod', ...wrong]);
  expect(code).toBe(1);
  expect(said).toContain('timeZone is "+01:00", which is no time zone.');
  expect(said).toContain('rollbackMinutes is "181".');
  expect(said).toContain('Stage prod names no user pool: nobody will publish');
});

test('a command that deploys nothing takes any stage', async () => {
  const { code, said } = await tryServerless(folder, ['print', '--stage', 'local']);
  expect(code).toBe(0);
  expect(said).toContain('service: wme-hubspot-sync');
});
