import { counted, styled, timeText, widthOf, wrapped } from '../terminal/text.ts';
import type { TraceReport } from './reports.ts';

/** One person's story, for a person. @param who as they may be shown */
export function traceText(
  { queue, events, contact, notTold, summary }: TraceReport,
  who: string | undefined,
): string {
  const width = widthOf(process.stdout);
  const line = (name: string, value: string) =>
    wrapped(`${styled('bold', `${name}:`, process.stdout)} ${value}`, width);
  return [
    ...(who === undefined ? [] : line('Person', who)),
    ...line('Looked in', queue ?? ''),
    ...(contact === null
      ? []
      : line(
          'Card',
          `contact ${contact.id}, username ${contact.username ?? 'none'}, lead source ${contact.leadSourceType ?? 'none'}, created ${timeText(Date.parse(contact.createdAt))}, ${counted(contact.notes, 'note')}`,
        )),
    ...(events.length === 0 ? [] : ['']),
    ...events.flatMap(({ at, source, text }) => {
      const [first = '', ...rest] = wrapped(
        `${timeText(Date.parse(at))}  ${styled('dim', source, process.stdout)}  ${text}`,
        width,
        '  ',
      );
      return [first.slice(2), ...rest];
    }),
    ...notTold.flatMap((what) => wrapped(styled('dim', `Not told: ${what}.`, process.stdout), width)),
    '',
    ...wrapped(styled('bold', summary ?? '', process.stdout), width),
  ].join('\n');
}
