import { readSettings } from './settings.ts';
import { runLive } from './suite.ts';
import { gentleShare } from './wire.ts';

/*
 * npm run test:live: HubSpot itself, in a test account (docs/live.md).
 */

const out = (line: string) => process.stdout.write(`${line}\n`);
const stop = new AbortController();
// npm passes a Ctrl-C on to a program that has had it already: a second one must not cut the removal off.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());

try {
  const settings = readSettings(process.env, process.argv.slice(2));
  process.exitCode = await runLive(settings, { share: gentleShare(), stop: stop.signal, out });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
