import { readdir, readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeLoadedBy } from '../../bench/loaded-code.ts';
import { startLambda } from '../../sandbox/lambda.ts';
import { signUpConfirmed } from '../../sandbox/sign-up.ts';
import { startStack } from '../../sandbox/stack.ts';

const bundle = (name: string): string => resolve('dist', name, 'index.mjs');

/** Tells of every module that is loaded from a file, early or late. */
const tellLoaded = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, nextLoad) {
      if (url.startsWith(${JSON.stringify(pathToFileURL(resolve('dist')).href)})) console.log('LOADED ' + url);
      return nextLoad(url, context);
    },
  });
`)}`;

describe('what a first invocation loads, late parts included', () => {
  let stack: Awaited<ReturnType<typeof startStack>>;
  beforeAll(async () => {
    stack = await startStack({ instances: 0, logKey: 'a key of the logs, long enough to be one' });
  });
  afterAll(() => stack.stop());

  /** Invokes a function once, in a fresh process. */
  async function loadedBy(functionName: string, event: unknown) {
    const loaded: string[] = [];
    const lambda = startLambda({
      functionName,
      bundle: bundle(functionName),
      environment: { ...stack.syncEnvironment, NODE_OPTIONS: `--import=${tellLoaded}` },
      onLog(line) {
        const [, url] = /^LOADED (.+)$/.exec(line) ?? [];
        if (url !== undefined) loaded.push(new URL(url).pathname);
      },
    });
    const answer = await lambda.invoke(event);
    await lambda.stop();
    const sizes = await Promise.all(loaded.map(async (file) => (await stat(file)).size));
    return { answer, files: loaded, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  test('is at most 200 KB for sync-contact with its token read, in one file', async () => {
    const event: unknown = JSON.parse(await readFile('test/events/new-user.json', 'utf8'));
    const { answer, files, bytes } = await loadedBy('sync-contact', event);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(stack.hubspot.journal.entries()).toHaveLength(1);
    expect(files).toEqual([bundle('sync-contact')]);
    expect(bytes).toBeLessThanOrEqual(200_000);
  });

  test('is at most 120 KB for publish-verification, in one file', async () => {
    const { files, bytes } = await loadedBy(
      'publish-verification',
      signUpConfirmed({ email: 'ada@example.org', username: 'AdaL' }),
    );
    expect(stack.queues.waiting().ready).toHaveLength(1);
    expect(files).toEqual([bundle('publish-verification')]);
    expect(bytes).toBeLessThanOrEqual(120_000);
  });
});

describe.each(['sync-contact', 'publish-verification'])('the code of %s', async (name) => {
  const { sources } = await codeLoadedBy(bundle(name));

  test.each(['@aws-sdk/', '@smithy/node-http-handler', 'form-data', 'mime-db', 'associations/v4'])(
    'has nothing of %s',
    (part) => {
      expect(sources.length).toBeGreaterThan(0);
      expect(sources.filter((source) => source.includes(part))).toEqual([]);
    },
  );

  test('does not lead to fetch by its imports', async () => {
    expect(await readFile(bundle(name), 'utf8')).not.toMatch(/from\s*"(node:)?http"/);
  });
});

test('no bundle holds a token, but for the sandbox’s own, which is none, in the operators’ command', async () => {
  const names = (await readdir('dist', { recursive: true })).filter(
    // The simulation has the sandbox's in it, and is no bundle of the service's.
    (name) => name.endsWith('.mjs') && !name.startsWith('simulation'),
  );
  expect(names.length).toBeGreaterThan(2);
  for (const name of names) {
    const code = await readFile(resolve('dist', name), 'utf8');
    expect(code).not.toMatch(/pat-(na|eu)\d/);
    if (!name.startsWith('ops/')) expect(code).not.toContain('sandbox-token');
  }
});
