import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyService, tryServerless } from './packaging.ts';

// What osls says, by the real commands, where a function is not built, and where all is packaged.

const PACKAGED = [
  'cloudformation-template-update-stack.json',
  'publishVerification.zip',
  'reconcile.zip',
  'syncContact.zip',
];
const INVOKE = ['invoke', 'local', '--stage', 'local', '-p', 'test/events/new-user.json', '-f'];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'built-'));
  await copyService(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('package says what it made, where, and how large it is', async () => {
  const { code, said } = await tryServerless(folder, ['package', '--stage', 'dev']);
  expect(code).toBe(0);
  expect(said).toMatch(/^Packaged for stage dev:$/m);
  for (const file of PACKAGED) {
    expect(said).toMatch(new RegExp(`^ {2}\\.serverless/${file} +[1-9]\\d* KB$`, 'm'));
  }
}, 60_000);

it('so it does of another folder, on a checkout that never packaged before: the pipeline packages so', async () => {
  await rm(join(folder, '.serverless'), { recursive: true, force: true });
  const { code, said } = await tryServerless(folder, [
    'package',
    '--stage',
    'dev',
    '--package',
    'packaged/dev',
  ]);
  expect(said).toMatch(/^Packaged for stage dev:$/m);
  expect(code).toBe(0);
  for (const file of PACKAGED) {
    expect(said).toMatch(new RegExp(`^ {2}packaged/dev/${file} +[1-9]\\d* KB$`, 'm'));
    expect(existsSync(join(folder, 'packaged/dev', file))).toBe(true);
  }
}, 60_000);

it('a function that is not built says so, and how it is', async () => {
  await rm(join(folder, 'dist/sync-contact'), { recursive: true });
  const invoked = await tryServerless(folder, [...INVOKE, 'syncContact']);
  const sentence =
    'syncContact is not built: there is no dist/sync-contact/index.mjs.\nBuild it first: npm run build';
  expect(invoked.said).toContain(sentence);
  expect(invoked.said).not.toContain('.cjs');
  expect(invoked.code).toBe(1);

  const packaged = await tryServerless(folder, ['package', '--stage', 'dev']);
  expect(packaged.said).toContain(sentence);
  expect(packaged.code).toBe(1);
}, 60_000);

it('one that is built does not mind the others', async () => {
  const { code, said } = await tryServerless(folder, [...INVOKE, 'publishVerification']);
  // It hands every event back as it came.
  expect(said).toContain('"Records"');
  expect(code).toBe(0);
}, 60_000);
