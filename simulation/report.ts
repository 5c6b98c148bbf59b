import type { Arguments } from './arguments.ts';
import { countExceptions, type RunResult } from './run.ts';
import type { Finding } from './truth/findings.ts';
import { AGAIN } from './truth/letter-watch.ts';

const SHOWN_MAX = 20;

const inWords = ({ check, what, person, at }: Finding): string =>
  `${at} ${person === undefined ? '' : `person ${person}, `}"${check}": ${what}`;

const seconds = (ms: number | null): string =>
  ms === null ? 'nobody waited' : `${(ms / 1_000).toFixed(1)} s`;

/** One run, in words. */
export function printResult(result: RunResult, wanted: Arguments): void {
  const { seed, days, unexplained, explained, histories } = result;
  const count = (prefix: string) =>
    Object.entries(result.happened)
      .filter(([name]) => name.startsWith(prefix))
      .reduce((sum, [, times]) => sum + times, 0);
  const letters = Object.values(result.letters).reduce((sum, times) => sum + times, 0);
  const repeated = Object.entries(result.letters)
    .filter(([code]) => code.endsWith(AGAIN))
    .reduce((sum, [, times]) => sum + times, 0);
  const alarms = Object.values(result.alarms).reduce((sum, times) => sum + times, 0);
  console.log(`seed ${seed}: ${days} days, ${result.verifications} verifications of ${result.people} people, ${result.requests} requests to HubSpot, in ${seconds(result.elapsedMs)}
  ${count('trouble: ')} troubles; ${letters} dead letters, ${repeated} of them of a verification that had one before; alarms went off ${alarms} times
  from verification to card on calm days: median ${seconds(result.medianMs)}, on the slowest day ${seconds(result.slowestMedianMs)}
  a backlog drained at ${result.ofLimit === null ? '–' : `${(result.ofLimit * 100).toFixed(1)} %`} of the limit
  known cases (docs/decisions/0001): ${
    countExceptions(explained)
      .map(([name, times]) => `${name} ${times}`)
      .join(', ') || 'none'
  }
  fingerprint of all log lines: ${result.fingerprint}`);

  for (const [person, history] of Object.entries(histories))
    console.log(`\nperson ${person}\n  ${history.join('\n  ')}`);
  for (const finding of unexplained.slice(0, SHOWN_MAX)) console.log(`✗ ${inWords(finding)}`);
  if (unexplained.length > SHOWN_MAX) console.log(`✗ and ${unexplained.length - SHOWN_MAX} more`);
  console.log(
    unexplained.length === 0
      ? '✓ Nothing is unexplained.'
      : `✗ ${unexplained.length} unexplained. Again: npm run simulate -- ${again(seed, wanted, unexplained)}`,
  );
}

/** The same run, and the person's history. */
function again(seed: number, wanted: Arguments, unexplained: readonly Finding[]): string {
  const { days, signUpsPerDay, bursts, backfill, apiVersion } = wanted;
  const person = unexplained.find((finding) => finding.person !== undefined)?.person;
  return [
    `--seed ${seed} --days ${days} --sign-ups ${signUpsPerDay} --bursts ${bursts} --backfill ${backfill}`,
    `--api-version ${apiVersion}`,
    ...(person === undefined ? [] : [`--person ${person}`]),
  ].join(' ');
}
