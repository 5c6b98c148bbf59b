import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

// npm run demo as somebody meets it who has only just cloned this.

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

const run = (script: string, ...args: string[]): Promise<Ended> =>
  new Promise((done) => {
    const child = execFile(
      process.execPath,
      [script, ...args],
      { timeout: 60_000 },
      (_error, stdout, stderr) => {
        done({ code: child.exitCode ?? -1, stdout, stderr });
      },
    );
  });

test('the demo shows four cases and ends well, without colours in a pipe', { timeout: 120_000 }, async () => {
  const { code, stdout, stderr } = await run('sandbox/demo.ts');
  expect(stderr).toBe('');
  expect(stdout).toContain('✓ All is as the ticket says.');
  expect(stdout).not.toContain('\u001b');
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).toContain('AdaL, a new user, signs up …');
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(
    'To see it happen, and to do more to it, in a window: npm run dev',
  );
  expect(code).toBe(0);
});

test('the demo of a function that does not start ends, and says why', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  try {
    await cp('sandbox', join(folder, 'sandbox'), { recursive: true });
    await cp('dist', join(folder, 'dist'), { recursive: true });
    await cp('package.json', join(folder, 'package.json'));
    await symlink(resolve('node_modules'), join(folder, 'node_modules'));
    await mkdir(join(folder, 'dist/sync-contact'), { recursive: true });
    await writeFile(join(folder, 'dist/sync-contact/index.mjs'), "throw new Error('broken at the start');\n");
    const { code, stderr } = await run(join(folder, 'sandbox/demo.ts'));
    expect(stderr).toContain('broken at the start');
    expect(stderr).toContain('✗');
    expect(code).toBe(1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
