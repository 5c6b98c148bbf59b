#!/usr/bin/env node
// npx links a command for good when it first runs it, and not if the file is missing: so this one is there before a build.
// In syntax that old Node.js reads, so that it can say what is wrong with itself.
import { existsSync } from 'node:fs';

const NEEDED = 24;
const cli = new URL('../dist/ops/cli.mjs', import.meta.url);
if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  console.error(
    'This command needs Node.js ' +
      NEEDED +
      ' or later, and this is ' +
      process.versions.node +
      '. In a clone of the project, npx brings the right one: npx wme-hubspot-sync.',
  );
  process.exitCode = 2;
} else if (existsSync(cli)) {
  await import(cli.href);
} else {
  console.error('The command is not built yet: run "npm run build" first.');
  process.exitCode = 2;
}
