import { NOTE_BODY } from '../../lib/hubspot/ticket.ts';
import { type LogLine, sentence, wordsOf } from '../aws/log-line.ts';
import type { Letter } from '../dead-letters/letter.ts';
import { groupName } from '../dead-letters/listing.ts';
import { contentOf } from '../dead-letters/person.ts';
import { type Show, showingIn } from '../terminal/mask.ts';
import type { Card } from './card.ts';
import type { TraceEvent } from './reports.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

const SERVICES = ['publish-verification', 'sync-contact', 'reconcile'] as const;

const ofLine = (line: LogLine): TraceEvent => ({
  at: iso(line.atMs),
  source: SERVICES.find((service) => service === line.service) ?? 'sync-contact',
  text: wordsOf(line),
  messageId: line.correlation_id ?? null,
});

function ofLetter({ id, sentAtMs, errorCode, reason, errorMessage, body }: Letter, show: Show): TraceEvent {
  const { email = '', username = '' } = contentOf(body);
  const said = errorMessage === undefined ? undefined : showingIn(show, [email, username])(errorMessage);
  return {
    at: iso(sentAtMs),
    source: 'dead-letters',
    text: sentence(`Dead letter: ${groupName(errorCode, reason)}.`, said),
    messageId: id,
  };
}

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
    ...letters.map((letter) => ofLetter(letter, show)),
    ...(card === undefined ? [] : ofCard(card, show)),
  ].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
