import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach } from 'vitest';
import { startHubSpot } from '../../../sandbox/hubspot/server.ts';
import { type LiveSettings, readSettings } from '../../live/settings.ts';
import { type RunOptions, runLive } from '../../live/suite.ts';

/** The live suite's account in the tests of one file: a sandbox, as good as new for each. */
export async function liveAccount() {
  const hubspot = await startHubSpot({ requestsPer10s: Number.POSITIVE_INFINITY });
  const { portal, journal } = hubspot;
  const recordings = await mkdtemp(join(tmpdir(), 'live-recordings-'));
  beforeEach(() => hubspot.reset());
  afterAll(async () => {
    await hubspot.close();
    await rm(recordings, { recursive: true });
  });

  /** The suite, at once. */
  async function run(changes: Partial<LiveSettings> = {}, options: Partial<RunOptions> = {}) {
    const environment = {
      HUBSPOT_ACCESS_TOKEN: 'sandbox-token',
      HUBSPOT_PORTAL_ID: '1234567',
      HUBSPOT_BASE_URL: hubspot.url,
      LIVE_TEST_RECORDINGS: recordings,
    };
    const lines: string[] = [];
    const share = { turn: async () => {}, heard: () => {} };
    const code = await runLive(
      { ...readSettings(environment, []), ...changes },
      { share, stop: new AbortController().signal, out: (line) => lines.push(line), ...options },
    );
    return { code, lines, text: lines.join('\n') };
  }

  return {
    hubspot,
    recordings,
    run,
    /** What reached the CRM and was no mere read by its method. */
    writes: () => journal.entries().filter(({ method }) => method !== 'GET'),
    /** What is at HubSpot when it should be as before. */
    left() {
      const first = 70_000_000_001;
      const ids = Array.from({ length: Number(portal.nextNoteId) - first }, (_, n) => String(first + n));
      return { contacts: portal.contacts().length, notes: ids.filter((id) => portal.note(id)).length };
    },
  };
}
