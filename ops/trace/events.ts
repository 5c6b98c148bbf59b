import { NOTE_BODY } from '../../lib/hubspot/ticket.ts';
import type { LogLine } from '../aws/log-line.ts';
import type { Letter } from '../dead-letters/letter.ts';
import { groupName } from '../dead-letters/listing.ts';
import type { Show } from '../terminal/mask.ts';
import { counted } from '../terminal/text.ts';
import type { Card } from './card.ts';
import type { TraceEvent } from './reports.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

const sentence = (...parts: (string | false | undefined)[]): string =>
  parts.filter((part) => part !== false && part !== undefined && part !== '').join(' ');

function textOf(line: LogLine): string {
  const { message = 'A line without a message', outcome, detail, reason, deliveries, delaySeconds } = line;
  const { hubspotRequests, durationMs, noteId, errorCode, failure } = line;
  const delivery = deliveries !== undefined && `Delivery ${deliveries}:`;
  const effort =
    hubspotRequests !== undefined &&
    durationMs !== undefined &&
    `(${counted(hubspotRequests, 'request')}, ${durationMs} ms)`;
  switch (outcome) {
    case undefined:
      return sentence(message, reason !== undefined && `(${reason})`);
    case 'retry': {
      const until = delaySeconds === undefined ? '' : ` for ${counted(delaySeconds, 'second')}`;
      return sentence(delivery, `put back${until}, ${failure ?? 'failed'}.`, detail);
    }
    case 'dead-letter':
      return sentence(delivery, `became a dead letter, ${errorCode ?? 'without a code'}.`, detail);
    default:
      return sentence(delivery, outcome, noteId !== undefined && `with note ${noteId}`, effort);
  }
}

const ofLine = (line: LogLine): TraceEvent => ({
  at: iso(line.atMs),
  source: line.service === 'publish-verification' ? 'publish-verification' : 'sync-contact',
  text: textOf(line),
  messageId: line.correlation_id ?? null,
});

const ofLetter = ({ id, sentAtMs, errorCode, reason, errorMessage }: Letter): TraceEvent => ({
  at: iso(sentAtMs),
  source: 'dead-letters',
  text: sentence(`Dead letter: ${groupName(errorCode, reason)}.`, errorMessage),
  messageId: id,
});

function ofCard({ contact, notes }: Card, show: Show): TraceEvent[] {
  const hubspot = (date: Date, text: string): TraceEvent => ({
    at: date.toISOString(),
    source: 'hubspot',
    text,
    messageId: null,
  });
  const { username, createdAt, id } = contact;
  return [
    hubspot(createdAt, `Contact ${id} was created.`),
    ...(username.value !== null && username.setAt !== undefined
      ? [
          hubspot(
            username.setAt,
            `The username became ${show(username.value)}, ${username.setByPeople === true ? 'by hand' : 'by a program'}.`,
          ),
        ]
      : []),
    ...notes.map(({ body, createdAt: writtenAt }) =>
      hubspot(writtenAt, body.includes(NOTE_BODY) ? 'Our note was written.' : 'Another note was written.'),
    ),
  ];
}

/** All that is known of somebody, oldest first. */
export const eventsOf = (
  { lines, letters, card }: { lines: readonly LogLine[]; letters: readonly Letter[]; card: Card | undefined },
  show: Show,
): TraceEvent[] =>
  [
    ...lines.map(ofLine),
    ...letters.map(ofLetter),
    ...(card === undefined ? [] : ofCard(card, show)),
  ].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
