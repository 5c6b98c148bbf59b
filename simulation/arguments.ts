import { parseArgs } from 'node:util';
import { API_VERSIONS, isSpoken } from '../sandbox/hubspot/versions.ts';

export const USAGE = `npm run simulate -- [--seed 1 | --seeds 1..8] [--days 365] [options]

  --seed N, --seeds 1..8     one run, or one for each seed, as many at a time as there are processors
  --days N                   default 365
  --sign-ups N               a day, default 250
  --bursts N                 so many times, 5,000 within an hour; default one in 91 days
  --backfill N               people sent by an operator, all at once; default 137 for every day
  --api-version V            ${API_VERSIONS.join(', ')}; default v3
  --until-found              ends on the day on which something unexplained is found
  --person K                 and the whole history of one person
  --log                      every log line of the functions, on standard output
  --json                     one JSON document`;

/** What was asked for. */
export interface Arguments {
  seeds: number[];
  days: number;
  signUpsPerDay: number;
  bursts: number;
  backfill: number;
  apiVersion: string;
  person: number | undefined;
  log: boolean;
  json: boolean;
  untilFound: boolean;
}

const SEEDS_MAX = 1_000;

function whole(name: string, text: string, min = 0): number {
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < min) throw new Error(`--${name} is a whole number from ${min}.`);
  return value;
}

function seedsOf(seed: string | undefined, seeds: string | undefined): number[] {
  if (seed !== undefined && seeds !== undefined) throw new Error('Either --seed or --seeds.');
  if (seeds === undefined) return [whole('seed', seed ?? '1')];
  const [, first, last] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(seeds) ?? [];
  if (first === undefined || last === undefined) throw new Error('--seeds is a range such as 1..8.');
  const count = Number(last) - Number(first) + 1;
  if (count < 1 || count > SEEDS_MAX) throw new Error(`--seeds has from one to ${SEEDS_MAX} of them.`);
  return Array.from({ length: count }, (_, index) => Number(first) + index);
}

/** @throws Error, in words for whoever typed them */
export function readArguments(given: string[]): Arguments {
  const { values } = parseArgs({
    args: given,
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      days: { type: 'string', default: '365' },
      'sign-ups': { type: 'string', default: '250' },
      bursts: { type: 'string' },
      backfill: { type: 'string' },
      'api-version': { type: 'string', default: 'v3' },
      person: { type: 'string' },
      log: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'until-found': { type: 'boolean', default: false },
    },
  });
  const days = whole('days', values.days, 1);
  const apiVersion = values['api-version'];
  if (!isSpoken(apiVersion)) throw new Error(`--api-version is one of ${API_VERSIONS.join(', ')}.`);
  const seeds = seedsOf(values.seed, values.seeds);
  if (seeds.length > 1 && (values.person !== undefined || values.log))
    throw new Error('--person and --log go with one seed.');
  if (values.log && values.json) throw new Error('Either --log or --json.');
  return {
    seeds,
    days,
    signUpsPerDay: whole('sign-ups', values['sign-ups'], 1),
    bursts: values.bursts === undefined ? Math.round(days / 91) : whole('bursts', values.bursts),
    backfill: values.backfill === undefined ? 137 * days : whole('backfill', values.backfill),
    apiVersion,
    person: values.person === undefined ? undefined : whole('person', values.person, 1),
    log: values.log,
    json: values.json,
    untilFound: values['until-found'],
  };
}
