import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { copyService, serverless } from './packaging.ts';

const run = promisify(execFile);

const SOURCES = [
  'functions',
  'lib',
  'ops',
  'sandbox',
  'simulation',
  'supply-chain',
  'infrastructure',
  'test/live',
  'esbuild.config.mjs',
  'serverless.yml',
  'package.json',
  'tsconfig.json',
  'tsconfig.types.json',
  'LICENSE',
];
const ZIPS = ['syncContact.zip', 'publishVerification.zip', 'reconcile.zip'];

let folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** Builds this project anew in a folder of its own, as somebody elsewhere does. */
async function buildElsewhere(folder: string, environment: Record<string, string>): Promise<void> {
  for (const path of SOURCES) await cp(path, join(folder, path), { recursive: true });
  // By hard links, where the folders are on one disk: copying 500 MB is the longest part of this test.
  await run('cp', ['-RPl', 'node_modules', folder]).catch(() => run('cp', ['-RP', 'node_modules', folder]));
  await run('sh', ['-c', 'umask 077 && exec "$0" esbuild.config.mjs --quiet', process.execPath], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment },
  });
}

async function zipsOf(folder: string, environment?: Record<string, string>): Promise<string[]> {
  await serverless(folder, ['package', '--stage', 'staging'], environment);
  return Promise.all(
    ZIPS.map(async (zip) => {
      const bytes = await readFile(join(folder, '.serverless', zip));
      return `${zip} ${createHash('sha256').update(bytes).digest('hex')}`;
    }),
  );
}

it('a build in another folder, by somebody with other settings, gives the same zips byte for byte', async () => {
  folders = [
    await mkdtemp(join(tmpdir(), 'here-')),
    await mkdtemp(join(tmpdir(), 'elsewhere-under-a-longer-name-')),
  ];
  const [here = '', elsewhere = ''] = folders;
  await copyService(here);
  const settings = { TZ: 'Pacific/Auckland', LANG: 'tr_TR.UTF-8' };
  await buildElsewhere(elsewhere, settings);
  expect(await zipsOf(elsewhere, settings)).toEqual(await zipsOf(here));
}, 180_000);
