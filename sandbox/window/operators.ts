import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { SANDBOX_AWS_ENVIRONMENT } from '../queues.ts';
import type { Stack } from '../stack.ts';

const CLI = new URL('../../dist/ops/cli.mjs', import.meta.url).pathname;

const report = z.object({ exitCode: z.number(), message: z.string() });

/** What the operators' command says of what it did. */
export interface OperatorsReport {
  done: boolean;
  message: string;
}

/** The operators' command as it is built, working on this stack. What it writes down is kept in a folder of its own. */
export function openOperators({ hubspot, queues }: Pick<Stack, 'hubspot' | 'queues'>) {
  let folder: Promise<string> | undefined;

  async function run(...words: string[]): Promise<OperatorsReport> {
    folder ??= mkdtemp(join(tmpdir(), 'wme-hubspot-sync-window-'));
    const cwd = await folder;
    const { promise, resolve } = Promise.withResolvers<string>();
    execFile(
      process.execPath,
      [CLI, 'dlq', ...words, '--stage', 'local', '--yes', '--json'],
      {
        cwd,
        env: {
          ...SANDBOX_AWS_ENVIRONMENT,
          AWS_ENDPOINT_URL_SQS: queues.endpoint,
          HUBSPOT_BASE_URL: hubspot.url,
        },
        timeout: 60_000,
      },
      (_error, stdout) => resolve(stdout),
    );
    const stdout = await promise;
    try {
      const { exitCode, message } = report.parse(JSON.parse(stdout));
      return { done: exitCode === 0, message };
    } catch {
      return { done: false, message: 'The command has ended without a report.' };
    }
  }

  return {
    redrive: (ids: readonly string[]) => run('redrive', ...ids.flatMap((id) => ['--id', id])),
    redriveAll: () => run('redrive'),
    drop: (id: string) => run('drop', id, '--because', 'dropped in the window'),
    async close(): Promise<void> {
      if (folder !== undefined) await rm(await folder, { recursive: true, force: true });
    },
  };
}
