import { parseArgs } from 'node:util';
import cliProgress from 'cli-progress';
import Table from 'cli-table3';
import { API_VERSIONS, isSpoken } from '../hubspot/versions.ts';
import { soak } from './soak.ts';

/*
 * npm run soak: many sign-ups among random troubles, then everybody's card compared with what it should hold. The exit
 * code is 0 only if there is no difference.
 */

const USAGE = 'npm run soak -- [--users 2000] [--faults 0.2] [--seed 1] [--api-version v3]';
const DIFFERENCES_SHOWN = 20;

function readArguments() {
  const { values } = parseArgs({
    options: {
      users: { type: 'string', default: '2000' },
      faults: { type: 'string', default: '0.2' },
      seed: { type: 'string', default: '1' },
      'api-version': { type: 'string', default: 'v3' },
    },
  });
  const [users, faults, seed] = [Number(values.users), Number(values.faults), Number(values.seed)];
  if (!Number.isInteger(users) || users < 1 || !(faults >= 0 && faults <= 1) || !Number.isInteger(seed)) {
    throw new Error('--users is a whole number from 1, --faults a probability, --seed a whole number.');
  }
  const apiVersion = values['api-version'];
  if (!isSpoken(apiVersion)) throw new Error(`--api-version is one of ${API_VERSIONS.join(', ')}.`);
  return { users, faults, seed, apiVersion };
}

let wanted: ReturnType<typeof readArguments>;
try {
  wanted = readArguments();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  process.exit(2);
}
const { users, faults, seed, apiVersion } = wanted;

const onTerminal = process.stderr.isTTY === true;
const bar = new cliProgress.SingleBar({ format: 'synced [{bar}] {value}/{total}', stream: process.stderr });
let told = 0;
if (onTerminal) bar.start(users, 0);

const result = await soak({
  users,
  faults,
  seed,
  apiVersion,
  onProgress(done) {
    if (onTerminal) bar.update(done);
    else if (done - told >= users / 10) {
      told = done;
      console.error(`${done} of ${users} synced`);
    }
  },
});
bar.stop();

const table = new Table({
  head: ['trouble', 'times'],
  colAligns: ['left', 'right'],
  style: { head: [], border: [] },
});
for (const [name, times] of [...result.troubles].sort(([a], [b]) => a.localeCompare(b)))
  table.push([name, times]);
console.log(table.toString());

const { people, undecidable, requests, idealRequests, redriven, durationMs, differences } = result;
console.log(`seed ${seed}, ${users} people (${people.new} new, ${people.existing} there before; ${people.again} signed up again under another name), ${(durationMs / 1_000).toFixed(1)} s
${requests} HubSpot requests, ${(requests / users).toFixed(2)} a person; without troubles ${idealRequests}, ${(idealRequests / users).toFixed(2)} a person
${redriven} dead letters redriven; for ${undecidable} people more than one outcome is right (docs/decisions/0001)`);

for (const difference of differences.slice(0, DIFFERENCES_SHOWN)) console.error(`✗ ${difference}`);
if (differences.length > DIFFERENCES_SHOWN)
  console.error(`✗ and ${differences.length - DIFFERENCES_SHOWN} more`);
console.log(
  differences.length === 0
    ? '✓ Every card is as it should be.'
    : `✗ ${differences.length} differences. Again: npm run soak -- --users ${users} --faults ${faults} --seed ${seed} --api-version ${apiVersion}`,
);
process.exitCode = differences.length === 0 ? 0 : 1;
