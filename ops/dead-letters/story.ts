import { readLogLine, wordsOf } from '../aws/log-line.ts';
import { counted, styled, timeText, widthOf, wrapped } from '../terminal/text.ts';
import { groupName, REDRIVE_WORDS } from './listing.ts';
import type { Plan } from './plan.ts';
import type { ShowReport } from './reports.ts';

/** What a redrive would do, in a sentence. */
export function planText(plan: Plan): string {
  switch (plan.plan) {
    case 'create':
      return 'create the contact.';
    case 'nothing':
      return 'change nothing: HubSpot has everything.';
    case 'superseded':
      return 'change nothing: a newer username stands on the card.';
    case 'username':
      return 'write the username; the note is there.';
    case 'username-and-note':
      return 'write the username and a note.';
    case 'dead':
      return plan.why === 'malformed'
        ? 'nothing: it would be a dead letter again, for it is no verification.'
        : 'nothing, most likely: HubSpot has refused it, and it would be a dead letter again.';
  }
}

/** A log line for a person; one that is none of ours as it is. */
function lineText(text: string): string {
  const line = readLogLine(text);
  return line === undefined ? text : `${timeText(line.atMs)}  ${wordsOf(line)}`;
}

const NONE = 'none';

/** What `dlq show` says to a person. */
export function storyText(
  { letter, hubspot, logs, queue }: ShowReport,
  { plan, notAsked, reveal }: { plan: Plan | undefined; notAsked: string | undefined; reveal: boolean },
): string {
  if (letter === null) return '';
  const width = widthOf(process.stdout);
  const line = (name: string, value: string | number | null) =>
    wrapped(`${styled('bold', `${name}:`, process.stdout)} ${value ?? NONE}`, width);
  const card =
    hubspot === null
      ? line('HubSpot', notAsked ?? 'was not asked')
      : hubspot.contactId === null
        ? line('HubSpot', 'holds no contact of that address.')
        : line(
            'HubSpot',
            `contact ${hubspot.contactId}, username ${hubspot.username ?? NONE}, lead source ${hubspot.leadSourceType ?? NONE}, created ${hubspot.createdAt ?? NONE}, ${counted(hubspot.notes ?? 0, 'note')}.`,
          );
  return [
    ...line('Letter', letter.id),
    ...line('In', queue),
    ...line('Why', groupName(letter.errorCode ?? undefined, letter.reason)),
    ...(letter.errorMessage === null ? [] : line('It says', letter.errorMessage)),
    ...line('Dead since', `${letter.sentAt}. SQS deletes it in ${letter.daysLeft} days.`),
    ...line('Deliveries', letter.deliveries ?? 'not stated'),
    ...line('Request', letter.requestId),
    '',
    ...line('Address', letter.email),
    ...line('Username', letter.username),
    ...line('Verified', letter.verifiedAt),
    ...(reveal ? [] : wrapped(styled('dim', 'Masked: --reveal shows them.', process.stdout), width)),
    '',
    ...card,
    ...(plan === undefined ? [] : line('A redrive would', planText(plan))),
    '',
    ...wrapped(letter.meaning, width),
    ...line('What to do', letter.action),
    ...wrapped(`The move is with: ${letter.mover}. ${REDRIVE_WORDS[letter.redrive]}`, width),
    '',
    ...(logs.state === 'skipped'
      ? line('Log', `not shown: ${logs.reason}.`)
      : [
          ...line(
            'Log',
            `${counted(logs.lines.length, 'line')}${logs.lines.length > 0 ? ', whole with --json' : ''}`,
          ),
          ...logs.lines.flatMap((text) => wrapped(lineText(text), width, '  ')),
        ]),
  ].join('\n');
}
