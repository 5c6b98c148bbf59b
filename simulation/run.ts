import { readFileSync } from 'node:fs';
import { readConfig } from '../lib/config.ts';
import { readReconcileConfig } from '../lib/reconcile/config.ts';
import { readAlarmDefinitions } from './aws/alarm-definitions.ts';
import { NAMESPACE } from './aws/telemetry.ts';
import { startBackfill } from './operators/backfill.ts';
import { startOnCall } from './operators/on-call.ts';
import type { Verification } from './people/person.ts';
import { startSignUps } from './people/sign-ups.ts';
import { startSupport } from './people/support.ts';
import { startTroubles } from './troubles/schedule.ts';
import { judge } from './truth/differences.ts';
import { EXCEPTIONS } from './truth/exceptions.ts';
import type { Finding } from './truth/findings.ts';
import {
  createWorld,
  DAY_MS,
  DLQ_URL,
  HOUR_MS,
  LOG_KEY_PARAMETER,
  PUBLISHER_ARN,
  QUEUE_URL,
  TOKEN_PARAMETER,
  USER_POOL_ID,
  type World,
} from './world.ts';

export interface RunOptions {
  seed: number;
  days: number;
  signUpsPerDay: number;
  /** So many times, five thousand people sign up within an hour. */
  bursts: number;
  /** So many people are sent by an operator, all at once. */
  backfill: number;
  /** HUBSPOT_API_VERSION, at first. */
  apiVersion: string;
  /** infrastructure/alarms.yml, and reconcile.yml */
  alarmsFiles: readonly string[];
  /** Numbers of people whose history is kept. */
  watched?: readonly number[];
  onLog?: (line: string) => void;
  /** Ends on the day on which something unexplained is found. */
  untilFound?: boolean;
  /** Told of every simulated day that is over. */
  onDay?: (day: number) => void;
}

/** What came of it. All of it, but for the time that it took, depends on the options alone. */
export interface RunResult {
  seed: number;
  days: number;
  people: number;
  verifications: number;
  /** To HubSpot. */
  requests: number;
  /** What must not be. */
  unexplained: Finding[];
  /** The cases of docs/decisions/0001 that came about. */
  explained: Finding[];
  /** How often each trouble, fault, act and metric came about. */
  happened: Record<string, number>;
  /** Dead letters by their code, and apart from them those of a verification that had one before. */
  letters: Record<string, number>;
  /** How often each alarm went off. */
  alarms: Record<string, number>;
  /** From verification to card on calm days, and on the slowest of them. */
  medianMs: number | null;
  slowestMedianMs: number | null;
  /** Of the limit, while a backlog drained. */
  ofLimit: number | null;
  /** Of every log line. */
  fingerprint: string;
  histories: Record<string, readonly string[]>;
  elapsedMs: number;
}

/** A Thursday. */
const STARTS_AT = Date.UTC(2026, 0, 1);
const BURST = 5_000;
/** After the last sign-up: for back-offs, retention, and operators who take their time. */
const AFTER_DAYS = 40;
/** When the cards of the day before are compared. */
const COMPARED_AT_MS = 4 * HOUR_MS;
const CALM_MEDIAN_MAX_MS = 60_000;
const OF_LIMIT_MIN = 0.9;

const REFERENCES = {
  'VerifiedUsersQueue.QueueName': 'verified-users.fifo',
  'DeadLetterQueue.QueueName': 'verified-users-dlq.fifo',
  SyncContactLambdaFunction: 'sync-contact',
  PublishVerificationLambdaFunction: 'publish-verification',
  ReconcileLambdaFunction: 'reconcile',
  'self:provider.environment.POWERTOOLS_METRICS_NAMESPACE': NAMESPACE,
  'self:custom.alarmActions': '',
};

/** As serverless.yml deploys it. */
const deployed = (apiVersion: string) =>
  readConfig({
    HUBSPOT_TOKEN_PARAMETER: TOKEN_PARAMETER,
    LOG_KEY_PARAMETER,
    HUBSPOT_API_VERSION: apiVersion,
    QUEUE_URL,
    DLQ_URL,
    MAX_RECEIVE_COUNT: '40',
  });

const reconcileDeployed = (apiVersion: string) =>
  readReconcileConfig({
    HUBSPOT_TOKEN_PARAMETER: TOKEN_PARAMETER,
    HUBSPOT_API_VERSION: apiVersion,
    QUEUE_URL,
    USER_POOL_ID,
    TRIGGER_FUNCTION_ARN: PUBLISHER_ARN,
  });

/** Lives through the days of one seed, and compares what is with what should be. */
export async function run({
  seed,
  days,
  signUpsPerDay,
  bursts,
  backfill,
  apiVersion,
  alarmsFiles,
  watched = [],
  onLog,
  untilFound = false,
  onDay,
}: RunOptions): Promise<RunResult> {
  const startedAt = performance.now();
  const world = createWorld({
    seed,
    startsAt: STARTS_AT,
    config: deployed(apiVersion),
    reconcile: reconcileDeployed(apiVersion),
    alarms: alarmsFiles.flatMap((file) =>
      readAlarmDefinitions(readFileSync(file, 'utf8'), REFERENCES, ['HasUserPool']),
    ),
    watched: new Set(watched),
    ...(onLog && { onLog }),
  });
  const until = STARTS_AT + days * DAY_MS;
  startSignUps(world, { until, perDay: signUpsPerDay, bursts, burstOf: BURST });
  startSupport(world, until);
  const onCall = startOnCall(world, startTroubles(world, until));
  /** Whoever signed up last has been looked for, and nobody is to look for anybody else. */
  const isSettled = () => world.netWatch.latestRunBegunAt() > until && !onCall.looksForPeople();
  const backfillAt = STARTS_AT + world.chanceOf('day of the backfill').between(0.3, 0.8) * days * DAY_MS;
  if (backfill > 0) startBackfill(world, backfillAt, backfill);

  for (let day = 1; day <= days + AFTER_DAYS; day += 1) {
    await world.timeline.runUntil(STARTS_AT + day * DAY_MS + COMPARED_AT_MS);
    const quiet = world.isQuiet();
    if (quiet) compare(world);
    onDay?.(day);
    if (untilFound && world.findings.all().some(isUnexplained)) break;
    if (quiet && isSettled()) break;
  }
  if (!untilFound || !world.findings.all().some(isUnexplained)) compare(world, { atEnd: true });

  const { registry, findings, letterWatch, alarmWatch, pace, chronicle, happened } = world;
  const all = findings.all();
  const people = registry.people();
  return {
    seed,
    days,
    people: people.length,
    verifications: people.reduce((sum, { verifications }) => sum + verifications.length, 0),
    requests: pace.requests(),
    unexplained: all.filter(isUnexplained),
    explained: all.filter((finding) => !isUnexplained(finding)),
    happened: sorted(happened),
    letters: sorted(letterWatch.reasons),
    alarms: sorted(alarmWatch.rings),
    medianMs: pace.medianMs() ?? null,
    slowestMedianMs: pace.slowestMedianMs() ?? null,
    ofLimit: pace.ofLimit() ?? null,
    fingerprint: chronicle.fingerprint(),
    histories: Object.fromEntries(watched.map((number) => [number, chronicle.historyOf(number)])),
    elapsedMs: performance.now() - startedAt,
  };
}

const isUnexplained = ({ exception }: Finding): boolean => exception === undefined;

/** Compares everybody to whom something has happened since the last time. */
function compare(world: World, { atEnd = false } = {}): void {
  const { queue, dlq, registry, findings, account, pace } = world;
  const waiting = new Set(
    [...queue.peekAll(), ...dlq.peekAll()].flatMap(({ body }) => world.verificationOf(body) ?? []),
  );
  // The publisher has called for an operator, who sends what it could not.
  const isWaiting = (verification: Verification): boolean =>
    waiting.has(verification) || (!atEnd && verification.facts.published + verification.facts.replays === 0);
  for (const person of atEnd ? registry.people() : registry.takeTouched())
    judge(person, { portal: account.portal, isWaiting, findings });
  if (!atEnd) return;

  const cards = account.portal.contacts().filter(({ id }) => registry.byContact(id) === undefined);
  for (const { id } of cards) findings.add('one card', `card ${id} is nobody's`);
  const median = pace.slowestMedianMs();
  if (median !== undefined && median > CALM_MEDIAN_MAX_MS)
    findings.add(
      'within a minute',
      `on one day, half of the people waited for ${Math.round(median)} ms or more`,
    );
  const ofLimit = pace.ofLimit();
  if (ofLimit !== undefined && ofLimit < OF_LIMIT_MIN)
    findings.add("the limit's pace", `a backlog drained at ${Math.round(ofLimit * 100)} % of the limit`);
}

const sorted = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));

/** How often each of the known cases came about, in the order of the decision. */
export const countExceptions = (explained: readonly Finding[]): [string, number][] =>
  Object.keys(EXCEPTIONS).flatMap((name) => {
    const times = explained.filter(({ exception }) => exception === name).length;
    return times === 0 ? [] : [[name, times]];
  });
