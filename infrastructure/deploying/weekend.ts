const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const FRIDAY = DAYS.indexOf('Friday');
const SUNDAY = DAYS.indexOf('Sunday');

/** What CloudFormation and the services that a stack's tags go on to take as a tag's value. */
const TAG_CHARACTERS = /[\p{L}\p{Z}\p{N}_.:/=+\-@]/u;
const TAG_LENGTH = 256;

/** Whether it is the name of a time zone in the IANA database. An offset is none: it would be wrong for half of the year. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Z]/i.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const dateIn = (timeZone: string) =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });

/** The days on which nobody is there to see what a deployment does. */
export interface Weekend {
  /** "Friday 27 November 2026" */
  today: string;
  /** Its Sunday, written likewise. */
  lastDay: string;
}

/** Friday, Saturday and Sunday, as the calendar of a time zone has them; nothing on other days. */
export function weekendAt(nowMs: number, timeZone: string): Weekend | undefined {
  const format = dateIn(timeZone);
  const day = DAYS.indexOf(format.formatToParts(nowMs).find(({ type }) => type === 'weekday')?.value ?? '');
  if (day < FRIDAY) return undefined;
  const number = new Intl.DateTimeFormat('en-US', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  });
  const [month = 0, date = 0, year = 0] = number.format(nowMs).split('/').map(Number);
  // Days are counted in the calendar and not in hours: one of them may have 23 or 25.
  const lastDay = new Date(Date.UTC(year, month - 1, date + SUNDAY - day));
  return { today: format.format(nowMs), lastDay: dateIn('UTC').format(lastDay) };
}

/** Why a reason cannot be written to a stack's tags; nothing if it can. */
export function unfitReason(reason: string): string | undefined {
  if (reason.trim() === '') return 'The reason is empty.';
  const unfit = new Set([...reason].filter((character) => !TAG_CHARACTERS.test(character)));
  if (unfit.size > 0)
    return `A tag in AWS takes letters, digits, spaces and _ . : / = + - @, but not ${[...unfit].join(' ')}`;
  if (reason.length > TAG_LENGTH)
    return `A tag in AWS takes ${TAG_LENGTH} characters, and the reason has ${reason.length}.`;
  return undefined;
}
