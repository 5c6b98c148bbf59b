#!/usr/bin/env node
// npx links a command for good when it first runs it, and not if the file is missing: so this one is there before a build.
import { existsSync } from 'node:fs';

const cli = new URL('../dist/ops/cli.mjs', import.meta.url);
if (existsSync(cli)) {
  await import(cli.href);
} else {
  console.error('The command is not built yet: run "npm run build" first.');
  process.exitCode = 2;
}
