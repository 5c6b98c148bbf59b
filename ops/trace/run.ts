import { machineClock } from '../../lib/clock.ts';
import { DeliveryError } from '../../lib/failure.ts';
import { checkQueueUrl } from '../aws/queue.ts';
import { whereIs } from '../aws/stage.ts';
import { boxCounts, inBox, type OpenBox } from '../dead-letters/box.ts';
import type { Letter } from '../dead-letters/letter.ts';
import { messageIdOf } from '../dead-letters/logs.ts';
import { contentOf } from '../dead-letters/person.ts';
import { beginReading, readLetters } from '../dead-letters/read.ts';
import { EXIT, OperatorError } from '../exit.ts';
import { hubSpotProblem, Stopped } from '../hubspot.ts';
import type { Ended, GlobalOptions } from '../program.ts';
import { showing } from '../terminal/mask.ts';
import { endNow } from '../terminal/report.ts';
import { DAY_MS } from '../terminal/text.ts';
import { subsOf } from './account.ts';
import { type Card, cardOf, emailOf } from './card.ts';
import { eventsOf } from './events.ts';
import { linesAbout, logKeyOf, nameIn } from './lines.ts';
import { messagesIn } from './messages.ts';
import { emptyTrace, type TraceReport } from './reports.ts';
import { type Sought, type SoughtOptions, soughtOf } from './sought.ts';
import { summarize } from './summary.ts';
import { traceText } from './text.ts';

export interface TraceOptions extends GlobalOptions, SoughtOptions {
  days?: string;
  reveal?: boolean;
}

/** SQS keeps a message for 14 days: what is older is no longer on its way. */
const DAYS = 15;
const DAYS_MAX = 400;

function daysOf(given: string | undefined): number {
  if (given === undefined) return DAYS;
  const days = Number(given);
  if (/^\d{1,3}$/.test(given) && days > 0 && days <= DAYS_MAX) return days;
  throw new OperatorError('--days is how many days the logs are searched back, such as 30.');
}

/** Whether a letter is that of whom is looked for. */
const isTheirs = ({ email, messageIds }: Sought, letter: Letter): boolean =>
  (email !== undefined && contentOf(letter.body).email?.toLowerCase() === email.toLowerCase()) ||
  messageIds.has(letter.id) ||
  messageIds.has(messageIdOf(letter) ?? '');

async function trace(box: OpenBox, options: TraceOptions): Promise<Ended> {
  const { json = false, reveal = false } = options;
  const sought = soughtOf(options);
  const days = daysOf(options.days);
  const { stage, region, sqs } = box;
  const nowMs = machineClock.timeOfDay();
  const notTold: string[] = [];
  const queueUrl = checkQueueUrl(stage.queueUrl);
  const empty = { ...emptyTrace, queue: whereIs(queueUrl, stage, region) };
  const interrupted = {
    outcome: 'interrupted',
    exitCode: EXIT.interrupted,
    message: 'Interrupted. Nothing was changed.',
  } as const;
  const { progress, counts, stop } = await beginReading(box, (message) =>
    endNow({ ...empty, ...interrupted, message }, json),
  );
  let asked = true;

  /** What HubSpot tells; where it cannot be asked, the rest is told all the same. */
  async function ofHubSpot<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return asked ? await ask() : undefined;
    } catch (error) {
      const problem = hubSpotProblem(error);
      if (error instanceof Stopped || !(problem instanceof OperatorError)) throw problem;
      asked = false;
      notTold.push(
        error instanceof DeliveryError
          ? `the card (${error.failure.detail})`
          : `the card (${problem.message})`,
      );
      return undefined;
    }
  }

  async function look(): Promise<TraceReport> {
    const { contactId } = sought;
    if (contactId !== undefined) {
      sought.email = (await ofHubSpot(() => emailOf(contactId, stage, stop)))?.email;
    }
    const readBox = () =>
      readLetters(box, (letter) => (isTheirs(sought, letter) ? letter : undefined), {
        progress,
        counts,
        stop,
      });
    let letters = (await readBox().finally(progress.stop)).kept;
    // Of whom only a message was known, the letter may tell who it is.
    sought.email ??= letters.map(({ body }) => contentOf(body).email).find((email) => email !== undefined);
    for (const messageId of letters.map(messageIdOf)) {
      if (messageId !== undefined) sought.messageIds.add(messageId);
    }

    const key = await logKeyOf(stage, region);
    if ('key' in key) nameIn(sought, key.key);
    else if (sought.messageIds.size === 0 && contactId === undefined)
      notTold.push(`the log lines (${key.lack})`);
    const { userPoolId } = stage;
    if (sought.email !== undefined && userPoolId !== undefined) {
      const subs = await subsOf(sought.email, userPoolId);
      if ('lack' in subs) notTold.push(`the publisher's lines (${subs.lack})`);
      else for (const sub of subs) sought.subs.add(sub);
    }
    const where = { region, fromMs: nowMs - days * DAY_MS, toMs: nowMs };
    const found = await linesAbout(sought, stage, where);
    if (found.state === 'skipped') notTold.push(`the log lines (${found.reason})`);
    const lines = found.state === 'read' ? found.lines : [];
    const noLines =
      found.state === 'skipped'
        ? found.reason
        : sought.persons.size === 0 && 'lack' in key
          ? key.lack
          : undefined;

    // A message that was given up lies in the queue of dead letters under another ID, which its lines have told of.
    if (
      sought.email === undefined &&
      letters.length === 0 &&
      lines.some(({ outcome }) => outcome === 'dead-letter')
    ) {
      letters = (await readBox()).kept;
      sought.email = letters.map(({ body }) => contentOf(body).email).find((email) => email !== undefined);
    }
    const byLine = lines.findLast((line) => line.contactId !== undefined)?.contactId;
    const email = sought.email ?? (byLine && (await ofHubSpot(() => emailOf(byLine, stage, stop)))?.email);
    if (email === undefined && contactId === undefined) {
      notTold.push('the card (nothing that was found names the address or a contact: ask by --email)');
    }
    const card: Card | undefined =
      email === undefined || email === '' ? undefined : await ofHubSpot(() => cardOf(email, stage, stop));
    const { visible: waiting } = await boxCounts({ sqs, url: queueUrl });
    const told = summarize({
      messages: messagesIn(lines),
      lines: lines.length,
      letters,
      card,
      noLines,
      asked: asked && email !== undefined,
      waiting,
      nowMs,
    });
    const show = showing(reveal);
    const isUnknown = told.state === 'unknown';
    return {
      ...empty,
      ...told,
      outcome: isUnknown ? 'unknown' : 'found',
      exitCode: isUnknown || !asked ? EXIT.notDone : EXIT.ok,
      message: told.summary,
      events: eventsOf({ lines, letters, card }, show),
      contact:
        card === undefined
          ? null
          : {
              id: card.contact.id,
              username: card.contact.username.value === null ? null : show(card.contact.username.value),
              leadSourceType: card.contact.leadSourceType,
              createdAt: card.contact.createdAt.toISOString(),
              notes: card.notes.length,
            },
      notTold,
    };
  }

  try {
    const report = await look();
    if (stop.aborted) return { report: { ...empty, ...interrupted } satisfies TraceReport };
    const who = sought.email === undefined ? undefined : showing(reveal)(sought.email);
    return { report, body: traceText(report, who) };
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return { report: { ...empty, ...interrupted } satisfies TraceReport };
  }
}

/** Tells one person's story: what the functions have logged, where their message is, and the card. Reads only. */
export const runTrace = (options: TraceOptions): Promise<Ended> => {
  // Before anything is opened: what is wrong is said at once.
  soughtOf(options);
  return inBox(options, trace);
};
