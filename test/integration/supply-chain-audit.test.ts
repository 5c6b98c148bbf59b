import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

// `npm run audit`, with npm itself, against registries that answer and that do not.

const ADVISORY = {
  id: 1,
  url: 'https://example.org/advisory',
  title: 'A hole',
  severity: 'high',
  vulnerable_versions: '*',
};

/** What the registry answers to the question for advisories; undefined: it knows no such question. */
let advisories: Record<string, (typeof ADVISORY)[]> | undefined;

const registry = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.method === 'POST') {
      response.writeHead(advisories === undefined ? 405 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(advisories ?? {}));
      return;
    }
    // npm looks up which versions there are of a package with an advisory.
    const name = decodeURIComponent(new URL(request.url ?? '', 'http://registry').pathname.slice(1));
    const versions = { '4.6.7': { name, version: '4.6.7' } };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ name, versions, 'dist-tags': { latest: '4.6.7' } }));
  });
});

let cache: string;

beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'audit-'));
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => registry.close(resolve));
  await rm(cache, { recursive: true, force: true });
});

function audit(...args: string[]): Promise<{ code: number; said: string }> {
  const { port } = registry.address() as AddressInfo;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['supply-chain/audit.ts', ...args],
      {
        env: {
          ...process.env,
          npm_config_registry: `http://127.0.0.1:${port}/`,
          // The signatures' keys come from elsewhere, and that has to be nowhere here.
          HTTPS_PROXY: `http://127.0.0.1:${port}/`,
          npm_config_cache: cache,
        },
      },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    );
  });
}

it('names the package, the versions and how bad it is, and fails', async () => {
  advisories = { zod: [ADVISORY] };
  const { code, said } = await audit();
  expect(said).toContain('- zod *: high\n');
  expect(code).toBe(1);
});

it('says so when nothing is known', async () => {
  advisories = {};
  const { code, said } = await audit();
  expect(said).toContain('Advisories for what Lambda runs: nothing wrong.\n');
  expect(code).toBe(0);
});

it('says that it has not asked where the registry cannot be asked, and fails only if it must', async () => {
  advisories = undefined;
  const may = await audit();
  expect(may.said).toMatch(/^Advisories for what Lambda runs: NOT ASKED\..*405/m);
  expect(may.said).toMatch(/^The registry's signatures of all packages: NOT ASKED\./m);
  expect(may.code).toBe(0);
  const must = await audit('--must-answer');
  expect(must.said).toBe(may.said);
  expect(must.code).toBe(1);
});
