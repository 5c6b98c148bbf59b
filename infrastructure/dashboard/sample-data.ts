import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Metric } from './body.ts';

/*
 * A day that never was: HubSpot is away from 13:00 to 14:30, the sign-ups of that time come through after it, and one
 * person's address is refused. Only so that the picture shows what each widget looks like.
 */

/** Minutes between two points. */
export const STEP_MINUTES = 15;
const POINTS = (24 * 60) / STEP_MINUTES;
const hourOf = (point: number): number => (point * STEP_MINUTES) / 60;

const OUTAGE = { from: 13, to: 14.5 };
const isAway = (hour: number): boolean => hour >= OUTAGE.from && hour < OUTAGE.to;
const isCatchingUp = (hour: number): boolean => hour >= OUTAGE.to && hour < OUTAGE.to + 0.5;
/** 0 at the edges of the outage, 1 at its end. */
const outageAge = (hour: number): number =>
  isAway(hour) ? (hour - OUTAGE.from) / (OUTAGE.to - OUTAGE.from) : 0;

/** From 0 at night to 1 in the afternoon, UTC: Europe and America are awake. */
const daylight = (hour: number): number => Math.max(0, 1 - ((hour - 16) / 9) ** 2);

type Shape = (hour: number, noise: number) => number;

const flat =
  (value: number): Shape =>
  () =>
    value;
const around =
  (value: number): Shape =>
  (_hour, noise) =>
    Math.round(value * (0.8 + 0.4 * noise));
const signUps: Shape = (hour, noise) => Math.round(1 + 7 * daylight(hour) * (0.6 + 0.8 * noise));
/** So many that everybody who was published has a card in the end, but for the dead letter. */
const cards: Shape = (hour, noise) =>
  isAway(hour)
    ? 0
    : isCatchingUp(hour)
      ? hour === OUTAGE.to
        ? 27
        : 26
      : Math.round(signUps(hour, noise) * 0.95);
const onceAt =
  (at: number): Shape =>
  (hour) =>
    hour === at ? 1 : 0;

/** By namespace without the stage, name, what tells it from its namesakes, and statistic. The first that fits counts. */
const SHAPES: readonly (readonly [RegExp, Shape])[] = [
  [/VerificationPublished/, signUps],
  [/ContactCreated/, cards],
  [/ContactUpdated/, (hour) => (isAway(hour) ? 0 : hour % 5 === 2 ? 1 : 0)],
  [/Superseded/, flat(0)],
  [/VerificationToCard .*p50/, (hour, noise) => (isCatchingUp(hour) ? 2_400_000 : 900 + 300 * noise)],
  [/VerificationToCard .*p95/, (hour, noise) => (isCatchingUp(hour) ? 4_700_000 : 1_500 + 900 * noise)],
  [/VerificationToCard .*Maximum/, (hour, noise) => (isCatchingUp(hour) ? 5_300_000 : 1_900 + 2_000 * noise)],
  [/DeliveryRetried transient/, (hour, noise) => (isAway(hour) ? 20 + 10 * noise : 0)],
  [/DeliveryRetried throttled/, (hour) => (hour === 15 ? 2 : 0)],
  [/DeliveryRetried not-started/, (hour) => (hour === OUTAGE.to ? 6 : 0)],
  [/DeliveryRetried misconfigured/, flat(0)],
  [/DeadLetter HubSpotRejected/, onceAt(10)],
  [/DeadLetter (InvalidMessage|DeliveriesExhausted)/, flat(0)],
  [/DeadLetter /, onceAt(10)],
  [/ConfirmedUnverified/, onceAt(18.5)],
  [/PublishFailure|HubSpotAuthFailure|HubSpotRefusal|TriggerDetached/, flat(0)],
  [/DailyQuotaLeft/, (hour) => Math.round(100 - hour * 0.4 - (hour > 9 ? 12 : 0))],
  [/HubSpotLatency .*p50/, (hour, noise) => (isAway(hour) ? 10_000 : 180 + 60 * noise)],
  [/HubSpotLatency .*p95/, (hour, noise) => (isAway(hour) ? 10_000 : 350 + 150 * noise)],
  [/HubSpotLatency .*Maximum/, (hour, noise) => (isAway(hour) ? 10_000 : 500 + 700 * noise)],
  [/ReconcileRun/, onceAt(5)],
  [/MissingInHubSpot/, onceAt(5)],
  [/NumberOfMessagesVisible VerifiedUsersQueue/, (hour) => (hour === OUTAGE.to ? 9 : 0)],
  [/NumberOfMessagesNotVisible VerifiedUsersQueue/, (hour) => Math.round(46 * outageAge(hour))],
  [/AgeOfOldestMessage VerifiedUsersQueue/, (hour) => Math.round(5_400 * outageAge(hour))],
  [/NumberOfMessagesVisible DeadLetterQueue/, (hour) => (hour >= 10 ? 1 : 0)],
  [/AgeOfOldestMessage DeadLetterQueue/, (hour) => (hour >= 10 ? (hour - 10) * 3_600 : 0)],
  [/(Errors|Throttles) /, flat(0)],
  [/Invocations SyncContact/, (hour, noise) => (isAway(hour) ? 14 : signUps(hour, noise))],
  [/Invocations Publish/, signUps],
  [/Duration SyncContact.*p50/, (hour, noise) => (isAway(hour) ? 10_200 : 260 + 90 * noise)],
  [/Duration SyncContact.*p95/, (hour, noise) => (isAway(hour) ? 20_500 : 700 + 400 * noise)],
  [/Duration SyncContact.*Maximum/, (hour, noise) => (isAway(hour) ? 30_800 : 900 + 900 * noise)],
  [/Duration Publish.*p50/, around(35)],
  [/Duration Publish.*p95/, around(180)],
  [/Duration Publish.*Maximum/, around(420)],
  [/ConcurrentExecutions SyncContact/, (hour) => (isAway(hour) || isCatchingUp(hour) ? 2 : 1)],
  [/ConcurrentExecutions Publish/, flat(1)],
];

/** What a metric might have been, hour by hour. @throws if nobody has thought of it */
export function sampleOf({ name, dimensions, stat }: Metric): { hour: number; value: number }[] {
  const { service, ...others } = dimensions;
  const key = [name, ...Object.values(others), stat].join(' ');
  const shape = SHAPES.find(([pattern]) => pattern.test(key))?.[1];
  if (shape === undefined) throw new Error(`There is no sample data for ${key}.`);
  // What is said of one metric in two widgets is the same.
  const random = xoroshiro128plus(7);
  return Array.from({ length: POINTS }, (_, point) => {
    const hour = hourOf(point);
    return { hour, value: Math.round(shape(hour, uniformInt(random, 0, 1_000) / 1_000)) };
  });
}
