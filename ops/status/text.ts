import { groupName } from '../dead-letters/listing.ts';
import { duration, styled, widthOf, wrapped } from '../terminal/text.ts';
import type { Look } from './look.ts';
import type { Depth } from './reports.ts';

const depthText = ({ waiting, inFlight, oldestSeconds }: Depth, hands: string): string =>
  [
    `${waiting} waiting`,
    `${inFlight} ${hands}`,
    ...(oldestSeconds === null ? [] : [`the oldest ${duration(oldestSeconds * 1_000)} old`]),
  ].join(', ');

/** Seconds where there are few, and otherwise the largest unit. */
const waitText = (seconds: number): string =>
  seconds < 120 ? `${seconds} s` : `over ${duration(seconds * 1_000)}`;

/** How a stage is, for a person. */
export function statusText({
  where,
  queue,
  deadLetters,
  reasons,
  eventSource,
  lastHour,
  notTold,
}: Look): string {
  const width = widthOf(process.stdout);
  const line = (name: string, value: string) =>
    wrapped(`${styled('bold', `${name}:`, process.stdout)} ${value}`, width);
  return [
    ...wrapped(where ?? '', width),
    ...(queue === null ? [] : line('Queue', depthText(queue, 'in hand or backing off'))),
    ...(deadLetters === null ? [] : line('Dead letters', depthText(deadLetters, 'in hand'))),
    ...reasons.flatMap(({ errorCode, reason, count }) =>
      wrapped(`${count} × ${groupName(errorCode ?? undefined, reason)}`, width, '  '),
    ),
    ...(eventSource === null ? [] : line('Event source', eventSource)),
    ...(lastHour === null
      ? []
      : [
          ...line(
            'Last hour',
            `${lastHour.published} sign-ups published, ${lastHour.notPublished} could not be; ${lastHour.created} created, ${lastHour.updated} updated, ${lastHour.notes} notes, ${lastHour.superseded} superseded; ${lastHour.retried} put back, ${lastHour.deadLetters} dead letters`,
          ),
          ...line(
            'From verification to card',
            lastHour.medianSeconds === null
              ? 'nobody got one'
              : `${waitText(lastHour.medianSeconds)} (median)`,
          ),
        ]),
    ...notTold.flatMap((what) => wrapped(styled('dim', `Not told: ${what}.`, process.stdout), width)),
  ].join('\n');
}
