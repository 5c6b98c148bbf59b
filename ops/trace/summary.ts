import type { Letter } from '../dead-letters/letter.ts';
import { groupName } from '../dead-letters/listing.ts';
import { counted, timeText } from '../terminal/text.ts';
import type { Card } from './card.ts';
import type { MessageStory } from './messages.ts';
import type { TraceState } from './reports.ts';

/** What is known of somebody, and what is not. */
export interface Known {
  messages: readonly MessageStory[];
  /** Their letters that lie in the dead-letter queue now. */
  letters: readonly Letter[];
  card: Card | undefined;
  /** How many lines of the log are about them. */
  lines: number;
  /** Why the log lines cannot be had; nothing where they were read. */
  noLines: string | undefined;
  /** Whether HubSpot could be asked. */
  asked: boolean;
  /** Messages that nobody has in hand: they may be anybody's. */
  waiting: number;
  nowMs: number;
}

interface Told {
  state: TraceState;
  summary: string;
  waitsUntil: string | null;
}

const told = (state: TraceState, summary: string, untilMs?: number): Told => ({
  state,
  summary,
  waitsUntil: untilMs === undefined ? null : new Date(untilMs).toISOString(),
});

function ofMessage({ atMs, is }: MessageStory, { card, nowMs }: Known): Told {
  const on = timeText(atMs);
  const ofCard = card === undefined ? '' : `: contact ${card.contact.id}`;
  switch (is.state) {
    case 'created':
      return told('created', `Created on ${on}${ofCard}.`);
    case 'updated':
      return told('updated', `Updated on ${on}${ofCard}.`);
    case 'unchanged':
      return told('unchanged', `Looked at on ${on}, and HubSpot had everything already${ofCard}.`);
    case 'superseded':
      return told('superseded', `Left alone on ${on}: a newer username was on the card${ofCard}.`);
    case 'put-back':
      if (is.untilMs === undefined) {
        return told(
          'waiting',
          `Waits for HubSpot, until when cannot be known: SQS could not be told a time, so its own visibility timeout counts. Last: ${is.detail}`,
        );
      }
      return is.untilMs > nowMs
        ? told('waiting', `Waits for HubSpot until ${timeText(is.untilMs)}. Last: ${is.detail}`, is.untilMs)
        : told(
            'due',
            `Waited for HubSpot until ${timeText(is.untilMs)}, and is due: the next delivery comes when there is room. Last: ${is.detail}`,
          );
    case 'dead':
      return told(
        'was-dead-letter',
        `Became a dead letter on ${on}, and lies in the dead-letter queue no more, or is in somebody's hands: sent back, dropped, or deleted after 14 days. Why it was one: ${is.detail}`,
      );
    case 'on-the-queue':
      return told('on-the-queue', `On the queue since ${on}; it was not delivered yet.`);
    case 'not-published':
      return told(
        'not-published',
        `Verified on ${on}, and never put on the queue: ${is.reason}. What to do: send them again (\`send\`, or \`reconcile --send\`); the daily comparison does so otherwise.`,
      );
  }
}

function ofLetter({ sentAtMs, errorCode, reason, explanation }: Letter): string {
  const since = timeText(sentAtMs);
  return `Dead letter since ${since}: ${groupName(errorCode, reason)}. ${explanation.meaning} What to do: ${explanation.action}`;
}

function ofNothing({ card, lines: count, noLines, asked, waiting }: Known): Told {
  const ofLog = `the log has ${count === 0 ? 'no line about them' : 'lines about them that tell of no message'}`;
  if (card !== undefined) {
    const { id, createdAt } = card.contact;
    const lines = noLines === undefined ? ofLog.replace('the', 'The') : `The log is not known: ${noLines}`;
    return told(
      'in-hubspot',
      `In HubSpot since ${timeText(createdAt.getTime())}, as contact ${id}. ${lines}.`,
    );
  }
  const hubspot = asked ? 'HubSpot holds no card' : 'HubSpot could not be asked';
  const queue =
    noLines === undefined
      ? waiting === 0
        ? 'and no message waits on the queue'
        : `and whether one of the ${counted(waiting, 'message')} that wait on the queue is theirs, nobody can tell before it is delivered`
      : `and whether a message of theirs waits on the queue cannot be known: ${noLines}`;
  const lines = noLines === undefined ? `, ${ofLog}` : '';
  return told('unknown', `Nothing is known of them: ${hubspot}, no dead letter is theirs${lines}, ${queue}.`);
}

/** One person's story, in a sentence or two. A letter that lies there counts for more than what came before or after it. */
export function summarize(known: Known): Told {
  const latest = known.messages.at(-1);
  const letter = known.letters.toSorted((a, b) => a.sentAtMs - b.sentAtMs).at(-1);
  if (letter === undefined) return latest === undefined ? ofNothing(known) : ofMessage(latest, known);
  const dead = told('dead-letter', ofLetter(letter));
  const isLater = latest !== undefined && latest.is.state !== 'dead' && latest.atMs > letter.sentAtMs;
  return isLater
    ? { ...dead, summary: `${dead.summary} A later message of theirs: ${ofMessage(latest, known).summary}` }
    : dead;
}
