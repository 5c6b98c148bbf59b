import { dropLetters } from '../../ops/dead-letters/keep.ts';
import { redrive } from '../../ops/dead-letters/redrive.ts';
import type { HeldMessage } from '../aws/fifo-queue.ts';
import { createHost, type Host } from '../time/host.ts';
import type { Troubles } from '../troubles/schedule.ts';
import { DAY_MS, DLQ_URL, HOUR_MS, QUEUE_URL, type World } from '../world.ts';
import { createReconcileCommand } from './reconcile-command.ts';

const MINUTE_MS = 60_000;
/** Between the call and somebody at the keyboard: at work, at night, at a weekend. */
const COMES_MS = { work: [5 * MINUTE_MS, 90 * MINUTE_MS], night: [30 * MINUTE_MS, 7 * HOUR_MS] } as const;
/** Somebody waits until Monday. */
const WEEKEND_PATIENCE = 0.4;
/** Letters are left alone for days, at times. */
const LATER = 0.15;
const LATER_MS = [2 * DAY_MS, 10 * DAY_MS] as const;
const BY_CONSOLE = 0.4;
const KILLED = 0.2;
const KILLED_AFTER_MS = [10, 60_000] as const;
/** The command's default: a third of HubSpot's limit. */
const LETTERS_PER_SECOND = 6.3;

/** After these, people may be missing of whom the queue knows nothing. */
const OF_LOSSES: ReadonlySet<string> = new Set([
  'PublishFailureAlarm',
  'PublishVerificationErrorsAlarm',
  'PublishVerificationThrottlesAlarm',
  'TriggerDetachedAlarm',
  'MissingInHubSpotAlarm',
]);
/** The loss is so much older than its alarm, at most: a detached trigger is found once a day. */
const LOST_BEFORE_MS = 3 * DAY_MS;
/** Single losses are left to the daily comparison, and looked after by hand later. */
const LEFT_TO_THE_NEXT_RUN = 0.5;
const LOOKS_AFTER_MS = [DAY_MS, 2 * DAY_MS] as const;

export interface OnCall {
  /** Somebody may be missing, and an operator has not looked yet. */
  looksForPeople(): boolean;
}

/** People who are called, mend, bring letters back, and look for whoever is missing. */
export function startOnCall(world: World, troubles: Troubles): OnCall {
  const { timeline, dlq, queue, registry, conditions } = world;
  const reconcile = createReconcileCommand(world);
  const chance = world.chanceOf('operators');
  let coming = false;
  let visits = 0;
  /** Since when people may be missing, and from when on an operator looks. */
  let loss: { since: Date; from: number } | undefined;

  function comesAfter(): number {
    const now = new Date(timeline.now());
    const [hour, weekday] = [now.getUTCHours(), now.getUTCDay()];
    if ((weekday === 6 || weekday === 0) && chance.happens(WEEKEND_PATIENCE)) {
      const monday = (8 - weekday) % 7 || 1;
      return monday * DAY_MS - (timeline.now() % DAY_MS) + 8 * HOUR_MS;
    }
    return hour >= 7 && hour < 19 ? chance.between(...COMES_MS.work) : chance.between(...COMES_MS.night);
  }

  function call(afterMs = comesAfter()): void {
    if (coming) return;
    coming = true;
    timeline.after(afterMs, () => {
      coming = false;
      visit();
    });
  }

  function visit(): void {
    if (troubles.mend()) world.count('an operator mends');
    // An alarm that is still on cannot ring again.
    if (world.netWatch.isOverdue() || world.alarms.state('TriggerDetachedAlarm') === 'ALARM') {
      world.count('an operator calls reconcile');
      world.reconcileFunction.invoke();
    }
    const isEmpty = dlq.depth().oldestSentAt === undefined;
    if (isEmpty && loss === undefined) return;
    // While something is wrong, letters would only come back.
    const calm = conditions.calmSince + HOUR_MS <= timeline.now();
    if (!calm) {
      call(chance.between(HOUR_MS, 6 * HOUR_MS));
      return;
    }
    if (isEmpty) {
      lookForPeople();
      return;
    }
    const oldest = Math.min(...dlq.peekAll().map(({ sentAt }) => sentAt));
    if (timeline.now() - oldest < DAY_MS && chance.happens(LATER)) {
      call(chance.between(...LATER_MS));
      return;
    }
    // Where SQS refuses, the letters stay.
    handleLetters().catch(() => world.count('the command ended with an error'));
    // Whoever has come looks again, also after their terminal was closed.
    call(chance.between(HOUR_MS, 6 * HOUR_MS));
  }

  /** Once nothing waits: whoever is on their way would be counted as missing. */
  function lookForPeople(): void {
    if (loss === undefined) return;
    const { since, from } = loss;
    if (from > timeline.now()) {
      timeline.at(from, () => call(0));
      return;
    }
    if (queue.depth().oldestSentAt === undefined)
      sendTheMissing(since).catch(() => world.count('the command ended with an error'));
    call(chance.between(HOUR_MS, 6 * HOUR_MS));
  }

  async function sendTheMissing(since: Date): Promise<void> {
    world.count('the missing are sent by the command');
    const host = sitDown();
    const isDone = await reconcile(host, since);
    // An alarm that has come meanwhile has put another date there.
    if (isDone && loss?.since === since) loss = undefined;
  }

  /** The terminal may be closed half way through. */
  function sitDown(): Host {
    visits += 1;
    const host = createHost(timeline, `operator-${visits}`);
    if (chance.happens(KILLED)) timeline.after(chance.between(...KILLED_AFTER_MS), () => host.kill());
    return host;
  }

  const codeOf = ({ attributes }: HeldMessage): string | undefined => attributes.ErrorCode?.StringValue;
  const idsOf = (letters: readonly HeldMessage[]) => new Set(letters.map(({ messageId }) => messageId));

  /** What no delivery will change is closed, the rest is brought back. */
  async function handleLetters(): Promise<void> {
    const host = sitDown();
    const sqs = world.sqs.clientOf(host);
    const box = { sqs, url: DLQ_URL };
    const stop = new AbortController().signal;
    const letters = dlq.peekAll();
    const closing = letters.filter(mayBeClosed);
    const returning = letters.filter((letter) => !mayBeClosed(letter));

    if (closing.length > 0) {
      const save = async (): Promise<void> => {};
      await dropLetters({ from: box, ids: idsOf(closing), clock: host.clock, stop, save, onDone: closed });
    }
    if (returning.length === 0) return;
    if (chance.happens(BY_CONSOLE)) {
      world.count('letters are redriven from the console');
      for (const letter of dlq.peekAll()) {
        broughtBack(letter);
        const verification = world.verificationOf(letter.body);
        if (verification !== undefined) verification.facts.redriven += 1;
      }
      dlq.startMove(queue, { perSecond: 50 });
    } else {
      world.count('letters are redriven by the command');
      await redrive({
        from: box,
        to: { sqs, url: QUEUE_URL },
        ids: idsOf(returning),
        ratePerSecond: LETTERS_PER_SECOND,
        clock: host.clock,
        stop,
        onMoved: ({ letter }) => broughtBack(letter),
      });
    }
    world.wakeGauges();
  }

  /** Refused for the person's own value, or none of ours. A refusal that HubSpot made up is tried once more. */
  function mayBeClosed(letter: HeldMessage): boolean {
    const code = codeOf(letter);
    if (code === 'InvalidMessage') return true;
    if (code !== 'HubSpotRejected') return false;
    const verification = world.verificationOf(letter.body);
    return verification === undefined || verification.facts.redriven > 0 || !verification.person.isTaken;
  }

  function closed({ body }: { body: string }): void {
    world.count('a letter is closed');
    const verification = world.verificationOf(body);
    if (verification === undefined) return;
    verification.facts.closed = true;
    registry.touch(verification.person);
    world.chronicle.tell(verification.person, () => 'an operator closes the letter');
  }

  const broughtBack = ({ body }: { body: string }): void =>
    world.chronicle.tell(world.verificationOf(body)?.person, () => 'an operator redrives the letter');

  world.onAlarm((alarm) => {
    if (OF_LOSSES.has(alarm)) {
      const today = timeline.now() - (timeline.now() % DAY_MS);
      const isLeft = alarm.startsWith('Publish') && chance.happens(LEFT_TO_THE_NEXT_RUN);
      const from = timeline.now() + (isLeft ? chance.between(...LOOKS_AFTER_MS) : 0);
      loss =
        loss === undefined
          ? { since: new Date(today - LOST_BEFORE_MS), from }
          : { since: new Date(loss.since), from: Math.min(loss.from, from) };
    }
    call();
  });
  return { looksForPeople: () => loss !== undefined };
}
