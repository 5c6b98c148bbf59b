import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { startHubSpot } from '../../sandbox/hubspot/server.ts';

const hubspot = await startHubSpot();
const recordings = await mkdtemp(join(tmpdir(), 'live-recordings-'));
afterAll(async () => {
  await hubspot.close();
  await rm(recordings, { recursive: true });
});

const bundle = new URL('../../dist/live/main.mjs', import.meta.url).pathname;

/** `npm run test:live`, as it was built. */
function start(environment: Record<string, string>) {
  const child = spawn(process.execPath, [bundle], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(
    ([stdout, stderr]) => ({ code: child.exitCode, stdout, stderr }),
  );
  return { child, ended };
}

test('does not start without a token and an account', async () => {
  const { code, stdout, stderr } = await start({}).ended;
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toBe('Cannot start: HUBSPOT_ACCESS_TOKEN is not set; HUBSPOT_PORTAL_ID is not set.\n');
});

test('Ctrl-C, which npm passes on a second time, leaves nothing behind', async () => {
  const { child, ended } = start({
    HUBSPOT_ACCESS_TOKEN: 'sandbox-token',
    HUBSPOT_PORTAL_ID: '1234567',
    HUBSPOT_BASE_URL: hubspot.url,
    LIVE_TEST_RECORDINGS: recordings,
  });
  hubspot.onCall = ({ method, path }, phase) => {
    const makes = method === 'POST' && path === '/crm/v3/objects/contacts' && phase === 'applied';
    const removes = method === 'DELETE' && phase === 'received';
    if (makes || removes) child.kill('SIGINT');
  };
  const { code, stdout, stderr } = await ended;
  expect(stderr).toBe('');
  expect(stdout).toContain('Stopped. Removing what was made …');
  expect(code).toBe(130);
  expect(hubspot.journal.entries().map(({ method }) => method)).toContain('DELETE');
  expect(hubspot.portal.contacts()).toEqual([]);
});
