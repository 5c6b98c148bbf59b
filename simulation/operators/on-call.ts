import { verificationMessage } from '../../lib/publishing.ts';
import type { HeldMessage } from '../aws/fifo-queue.ts';
import type { Troubles } from '../troubles/schedule.ts';
import { DAY_MS, HOUR_MS, type World } from '../world.ts';

const MINUTE_MS = 60_000;
/** Between the call and somebody at the keyboard: at work, at night, at a weekend. */
const COMES_MS = { work: [5 * MINUTE_MS, 90 * MINUTE_MS], night: [30 * MINUTE_MS, 7 * HOUR_MS] } as const;
/** Somebody waits until Monday. */
const WEEKEND_PATIENCE = 0.4;
/** Letters are left alone for days, at times. */
const LATER = 0.15;
const LATER_MS = [2 * DAY_MS, 10 * DAY_MS] as const;
const BY_CONSOLE = 0.4;

/** People who are called, mend, and bring letters back. */
export function startOnCall(world: World, troubles: Troubles): void {
  const { timeline, dlq, queue, registry, conditions } = world;
  const chance = world.chanceOf('operators');
  let coming = false;

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
    sendWhatWasNotPublished();
    if (dlq.depth().oldestSentAt === undefined) return;
    // While something is wrong, letters would only come back.
    const calm = conditions.calmSince + HOUR_MS <= timeline.now();
    if (!calm) {
      call(chance.between(HOUR_MS, 6 * HOUR_MS));
      return;
    }
    const oldest = Math.min(...dlq.peekAll().map(({ sentAt }) => sentAt));
    if (timeline.now() - oldest < DAY_MS && chance.happens(LATER)) {
      call(chance.between(...LATER_MS));
      return;
    }
    handleLetters();
    if (dlq.depth().oldestSentAt !== undefined) call(chance.between(HOUR_MS, 6 * HOUR_MS));
  }

  const codeOf = ({ attributes }: HeldMessage): string | undefined => attributes.ErrorCode?.StringValue;

  /** What no delivery will change is closed, the rest is brought back. */
  function handleLetters(): void {
    const letters = dlq.peekAll();
    const closed = new Set(letters.filter((letter) => mayBeClosed(letter)).map(({ messageId }) => messageId));
    takeOut(closed);
    if (dlq.depth().oldestSentAt === undefined) return;
    if (chance.happens(BY_CONSOLE)) {
      world.count('letters are redriven from the console');
      for (const letter of dlq.peekAll()) redriven(letter);
      dlq.startMove(queue, { perSecond: 50 });
    } else {
      world.count('letters are redriven by the command');
      redriveByCommand();
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

  function takeOut(messageIds: ReadonlySet<string>): void {
    const received = receiveAll();
    for (const { messageId, receiptHandle, body } of received) {
      if (messageIds.has(messageId)) {
        dlq.delete(receiptHandle);
        world.count('a letter is closed');
        const verification = world.verificationOf(body);
        if (verification === undefined) continue;
        verification.facts.closed = true;
        registry.touch(verification.person);
        world.chronicle.tell(verification.person, () => 'an operator closes the letter');
      } else dlq.changeVisibility(receiptHandle, 0);
    }
  }

  function receiveAll() {
    const all = [];
    for (let batch = dlq.receive(10); batch.length > 0; batch = dlq.receive(10)) all.push(...batch);
    return all;
  }

  function redriven(letter: Pick<HeldMessage, 'body'>): void {
    const verification = world.verificationOf(letter.body);
    if (verification === undefined) return;
    verification.facts.redriven += 1;
    world.chronicle.tell(verification.person, () => 'an operator redrives the letter');
  }

  /** Body and attributes as they are, a fresh deduplication ID; it leaves the dead-letter queue once the queue has it. */
  function redriveByCommand(): void {
    for (const letter of receiveAll()) {
      redriven(letter);
      queue.send({
        body: letter.body,
        groupId: letter.groupId,
        deduplicationId: world.newId(),
        attributes: letter.attributes,
      });
      dlq.delete(letter.receiptHandle);
    }
  }

  /** The log names them by Cognito's name for the account; whoever the publisher died over is in the pool. */
  function sendWhatWasNotPublished(): void {
    for (const person of registry.people().slice(-3_000)) {
      for (const verification of person.verifications) {
        const { facts, username } = verification;
        if (facts.published + facts.replays > 0 || facts.closed) continue;
        if (verification.verifiedAt > timeline.now() - MINUTE_MS) continue;
        world.count('an operator sends a sign-up again');
        sendReplay(person.email, username, facts.statedAt ?? verification.verifiedAt);
      }
    }
  }

  function sendReplay(email: string, username: string, verifiedAt: number | undefined): void {
    const stated = verifiedAt === undefined ? {} : { verifiedAt: new Date(verifiedAt).toISOString() };
    const message = verificationMessage({ email, username, ...stated }, { replay: true, run: world.newId() });
    world.sendByCommand(message);
  }

  world.onAlarm(() => call());
}
