import { execFileSync } from 'node:child_process';

/** Vitest's global setup: tests drive the built bundles, so they are built once, before all of them. */
export function setup(): void {
  execFileSync(process.execPath, ['esbuild.config.mjs', '--quiet'], { stdio: 'inherit' });
}
