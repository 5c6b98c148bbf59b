import type { SendMessageCommandInput } from '@aws-sdk/client-sqs';
import type { MovedMessage } from '../aws/fifo-order.ts';
import type { Chronicle } from '../chronicle.ts';
import type { Verification } from '../people/person.ts';
import type { Registry } from '../people/registry.ts';
import type { Timeline } from '../time/timeline.ts';
import type { AlarmWatch } from './alarm-watch.ts';
import type { Findings } from './findings.ts';

export interface LetterWatchOptions {
  timeline: Timeline;
  findings: Findings;
  registry: Registry;
  alarmWatch: AlarmWatch;
  config: { maxReceiveCount: number };
  verificationOf(body: string): Verification | undefined;
  chronicle: Chronicle;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** After the code of a letter whose verification had one before. */
export const AGAIN = ', once more';

/** Whether every dead letter says why, and says what is true. */
export function createLetterWatch({
  timeline,
  findings,
  registry,
  alarmWatch,
  config,
  verificationOf,
  chronicle,
}: LetterWatchOptions) {
  const byMessage = new Map<string, Verification>();
  const firstReceivedAt = new Map<string, number>();
  const requests = new Set<string>();
  const reasons = new Map<string, number>();

  function arrived(body: string, reason: string, alarms: string[]): void {
    const verification = verificationOf(body);
    const which =
      verification !== undefined && verification.facts.deadLetters > 0 ? `${reason}${AGAIN}` : reason;
    reasons.set(which, (reasons.get(which) ?? 0) + 1);
    for (const alarm of alarms) alarmWatch.cause(alarm);
    alarmWatch.mustRing('a message has become a dead letter', alarms, 8 * MINUTE_MS);
    if (verification === undefined) return;
    verification.facts.deadLetters += 1;
    registry.touch(verification.person);
    chronicle.tell(verification.person, () => `dead letter: ${reason}`);
  }

  function isTrue(code: string | undefined, verification: Verification | undefined, times: number): boolean {
    switch (code) {
      case 'InvalidMessage':
        return verification === undefined;
      case 'HubSpotRejected':
        return verification?.facts.latestStatus === 400 || verification?.facts.latestStatus === 409;
      case 'DeliveriesExhausted':
        return verification !== undefined && times > 1;
      default:
        return false;
    }
  }

  return {
    reasons: reasons as ReadonlyMap<string, number>,
    begun: (requestId: string): void => void requests.add(requestId),
    received(messageId: string, verification: Verification | undefined): void {
      if (!firstReceivedAt.has(messageId)) firstReceivedAt.set(messageId, timeline.now());
      if (verification !== undefined) byMessage.set(messageId, verification);
    },
    messageOf: (messageId: unknown): Verification | undefined => byMessage.get(String(messageId)),

    /** One that the service has written. */
    written({
      MessageBody = '',
      MessageAttributes = {},
      MessageDeduplicationId = '',
    }: SendMessageCommandInput): void {
      const verification = verificationOf(MessageBody);
      const text = (name: string) => MessageAttributes[name]?.StringValue;
      const [code, message, requestId] = [text('ErrorCode'), text('ErrorMessage'), text('RequestID')];
      const times = Number(text('Deliveries'));
      arrived(MessageBody, code ?? 'none', ['NewDeadLetterAlarm']);
      const complain = (what: string) =>
        findings.add('true letters', `a letter: ${what}`, verification?.person);
      if (!isTrue(code, verification, times)) complain(`its code ${code} is not true`);
      if (message === undefined || message === '') complain('it does not say why');
      if (message !== undefined && verification !== undefined && namesSomebody(message, verification))
        complain('its reason names somebody');
      if (requestId === undefined || !requests.has(requestId)) complain('it was in no such invocation');
      const since = firstReceivedAt.get(MessageDeduplicationId.replace('dead-letter-', ''));
      if (code === 'DeliveriesExhausted' && since !== undefined && timeline.now() - since < DAY_MS)
        findings.add('a day is outlasted', 'a message was given up within a day', verification?.person);
      if (
        code === 'DeliveriesExhausted' &&
        times < config.maxReceiveCount &&
        !/before SQS deletes/.test(message ?? '')
      )
        complain(`it was given up after ${times} deliveries`);
    },

    /** One that SQS has moved by itself: it can say nothing, and is right only when the deliveries are used up. */
    moved({ body, receiveCount }: MovedMessage): void {
      arrived(body, 'moved by SQS itself', ['SyncContactErrorsAlarm', 'DeadLetterAlarm']);
      const verification = verificationOf(body);
      if (verification !== undefined) verification.facts.movedBySqs += 1;
      if (receiveCount < config.maxReceiveCount)
        findings.add(
          'true letters',
          `SQS moved a letter after ${receiveCount} deliveries`,
          verification?.person,
        );
    },
  };
}

const namesSomebody = (message: string, { person, username }: Verification): boolean =>
  message.includes(person.email) || message.includes(username) || message.includes('@');
