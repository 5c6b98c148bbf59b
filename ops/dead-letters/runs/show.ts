import { machineClock } from '../../../lib/clock.ts';
import type { ExistingContact } from '../../../lib/contact-sync.ts';
import { EXIT, OperatorError } from '../../exit.ts';
import { hubSpotProblem, openHubSpot, Stopped } from '../../hubspot.ts';
import type { Ended, GlobalOptions } from '../../program.ts';
import { onInterrupt, stopOnInterrupt } from '../../terminal/interrupt.ts';
import { showing, showingIn } from '../../terminal/mask.ts';
import { endNow } from '../../terminal/report.ts';
import { boxCounts, daysLeft, inBox, type OpenBox } from '../box.ts';
import type { Letter } from '../letter.ts';
import { linesOf } from '../logs.ts';
import { contentOf } from '../person.ts';
import { type Plan, plansFor } from '../plan.ts';
import { READ_HIDE_SECONDS } from '../read.ts';
import { emptyShow, type ShowReport } from '../reports.ts';
import { storyText } from '../story.ts';
import { visitLetters } from '../visit.ts';

export interface ShowOptions extends GlobalOptions {
  id: string;
  reveal?: boolean;
}

type Interrupted = () => never;

async function find(box: OpenBox, id: string, onInterrupted: Interrupted): Promise<Letter | undefined> {
  let found: Letter | undefined;
  const stop = stopOnInterrupt({
    after: 'the letters in hand are visible again',
    say: (text) => void process.stderr.write(`${text}\n`),
    endAtOnce: onInterrupted,
  });
  await visitLetters(box, {
    stop,
    workers: 4,
    hideSeconds: READ_HIDE_SECONDS,
    timeOfDay: machineClock.timeOfDay,
    isDone: () => found !== undefined,
    async onLetter(letter) {
      if (letter.id === id) found = letter;
      return 'stays';
    },
  });
  if (stop.aborted) onInterrupted();
  onInterrupt(onInterrupted);
  return found;
}

/** What HubSpot holds, and what a redrive would do: read only. */
async function lookUp(
  box: OpenBox,
  letter: Letter,
): Promise<{ plan: Plan; contact: ExistingContact | undefined }> {
  const view = openHubSpot(box.stage, new AbortController().signal);
  let contact: ExistingContact | undefined;
  const crm = {
    ...view.crm,
    async readContact(contactId: string) {
      contact = await view.crm.readContact(contactId);
      return contact;
    },
  };
  for await (const { plan } of plansFor([letter], { ...view, crm }, machineClock.timeOfDay())) {
    return { plan, contact };
  }
  throw new OperatorError('There is no plan for the letter.', EXIT.notDone);
}

async function show(box: OpenBox, options: ShowOptions): Promise<Ended> {
  const { id, reveal = false, json = false } = options;
  const report: Omit<ShowReport, 'outcome' | 'message'> = { ...emptyShow, queue: box.where };
  const onInterrupted = (): never => {
    const message = 'Interrupted. Nothing was changed.';
    return endNow({ ...report, outcome: 'interrupted', exitCode: EXIT.interrupted, message }, json);
  };
  const { retentionMs } = await boxCounts(box);
  const letter = await find(box, id, onInterrupted);
  if (letter === undefined) {
    const message =
      "No letter of that ID can be seen now. `dlq list --detail` has the IDs; a letter in somebody else's hands is back within minutes.";
    return {
      report: { ...report, outcome: 'not-found', exitCode: EXIT.notDone, message } satisfies ShowReport,
    };
  }
  const shown = showing(reveal);
  const { email, username, verifiedAt } = contentOf(letter.body);
  // Ours names nobody. Other programs write to the queue too.
  const shownIn = showingIn(shown, [email ?? '', username ?? '']);
  const told: NonNullable<ShowReport['letter']> = {
    id: letter.id,
    errorCode: letter.errorCode ?? null,
    reason: letter.reason,
    deliveries: letter.deliveries ?? null,
    sentAt: new Date(letter.sentAtMs).toISOString(),
    errorMessage: letter.errorMessage === undefined ? null : shownIn(letter.errorMessage),
    requestId: letter.requestId ?? null,
    hubSpotCorrelationId: letter.correlationId ?? null,
    ...letter.explanation,
    daysLeft: daysLeft(letter.sentAtMs, retentionMs, machineClock.timeOfDay()),
    email: email === undefined ? null : shown(email),
    username: username === undefined ? null : shown(username),
    verifiedAt: verifiedAt ?? null,
  };
  let hubspot: ShowReport['hubspot'] = null;
  let plan: Plan | undefined;
  let notAsked: string | undefined;
  try {
    const found = await lookUp(box, letter);
    const { contact } = found;
    plan = found.plan;
    hubspot = {
      contactId: contact?.id ?? null,
      username: contact?.username.value == null ? null : shown(contact.username.value),
      leadSourceType: contact?.leadSourceType ?? null,
      createdAt: contact?.createdAt.toISOString() ?? null,
      notes: contact?.noteIds.listed.length ?? null,
    };
  } catch (error) {
    const problem = hubSpotProblem(error);
    if (error instanceof Stopped || !(problem instanceof OperatorError)) throw problem;
    notAsked = problem.message;
  }
  const logs = await linesOf(letter, box);
  const done: ShowReport = {
    ...report,
    outcome: 'shown',
    exitCode: notAsked === undefined ? EXIT.ok : EXIT.notDone,
    letter: told,
    hubspot,
    plan: plan?.plan ?? null,
    logs: { reason: null, lines: [], ...logs },
    message: `Letter ${letter.id} in ${box.where}.${notAsked === undefined ? '' : ` ${notAsked}`}`,
  };
  return { report: done, body: storyText(done, { plan, notAsked, reveal }) };
}

/** Shows one letter, what HubSpot holds for its person, and what a redrive would do. */
export const runShow = (options: ShowOptions): Promise<Ended> => inBox(options, show);
