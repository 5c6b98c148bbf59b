import type { SQSRecord } from 'aws-lambda';
import { explain } from '../../lib/reasons.ts';
import type { QueueWatch } from '../fifo-delivery.ts';
import type { Call } from '../hubspot/journal.ts';
import type { CallPhase, HubSpotSandbox } from '../hubspot/sandbox.ts';
import type { StackWatch } from '../stack.ts';
import { type Listener, openBook, type Told } from './book.ts';
import { type LogLine, readLogLine } from './log-line.ts';
import { personIn } from './person-in.ts';
import type { Row, Story, StoryEntry } from './view.ts';
import { counted, duration, isOutcome, OUTCOME_WORDS, readable, toneOfStatus } from './words.ts';

type Message = Parameters<NonNullable<QueueWatch['onArrival']>>[0];

/** What becomes of every sign-up, as it happens. Nothing is kept but in memory. */
export interface Chronicle {
  /** For `startStack`. */
  readonly watch: StackWatch;
  /** Every line that a function prints. */
  log(line: string): void;
  /** For `hubspot.onCall`. */
  see(call: Call, phase: CallPhase): void;
  /** The trigger begins: with the same `sub` again, it is a repeat of Cognito's. */
  signUp(signUp: { sub: string; email: string; username: string }): Row;
  /** The trigger is done, and has put nothing on the queue. */
  notPublished(id: string, why: string): void;
  /** What somebody did to a sign-up, or to its letter. */
  note(id: string, title: string, tone?: StoryEntry['tone']): void;
  /** The clock has jumped: what SQS does not hide any more is ready. */
  backOffsEnded(): void;
  rows(): readonly Row[];
  story(id: string): Story | undefined;
  /** The sign-up whose letter it is. */
  ofLetter(letterId: string): Row | undefined;
  /** How many messages each instance has in hand, by its number from 1. */
  inHand(): ReadonlyMap<number, number>;
  subscribe(listener: Listener): () => void;
  /** Told when a sign-up is forgotten. */
  onForgotten(listener: (id: string) => void): void;
}

interface UnderWay {
  told: Told;
  entry: StoryEntry;
  startedAt: number;
}

/** @param hubspot and the queue's view of a receipt are asked late: the stack starts after its chronicle */
export function createChronicle({
  hubspot,
  hiddenMs,
  now = Date.now,
}: {
  hubspot: () => HubSpotSandbox;
  hiddenMs: (receiptHandle: string) => number;
  now?: () => number;
}): Chronicle {
  const { all, byMessage, begin, tell, changed, subscribe, onForgotten } = openBook(now);
  const callsUnderWay = new Map<Call, UnderWay>();
  const inHand = new Map<number, number>();

  /** A row of an earlier life of the message, or a new one. */
  function toldOf(message: Message, earlier: Told | undefined): Told {
    const told = earlier ?? begin(message.messageId, personIn(message.body));
    byMessage.set(message.messageId, told);
    return told;
  }

  /** What a phase no longer says. */
  function clear(row: Row): void {
    for (const name of ['until', 'why', 'letter', 'instance', 'outcome'] as const) delete row[name];
  }

  function onQueue(message: Message): void {
    const { messageDeduplicationId: id = '', messageId, body } = message;
    const letterId = /^redrive-(.+)$/.exec(id)?.[1];
    const ofLetter = letterId === undefined ? undefined : byMessage.get(letterId);
    const told = toldOf(message, ofLetter ?? all.get(id));
    clear(told.row);
    told.row.phase = 'ready';
    const title =
      ofLetter === undefined
        ? `On the queue, as message ${messageId}.`
        : `Redriven: on the queue again, as message ${messageId}.`;
    tell(told, { kind: 'queue', title, details: [{ label: 'The message', text: readable(body) }] });
  }

  function onDeadLetters(message: Message): void {
    const { messageId, body, messageAttributes, messageDeduplicationId = '' } = message;
    const before = /^dead-letter-(.+)$/.exec(messageDeduplicationId)?.[1] ?? messageId;
    const earlier = byMessage.get(before);
    const told = toldOf(message, earlier);
    byMessage.set(before, told);
    const text = (name: string) => messageAttributes[name]?.StringValue;
    const errorCode = text('ErrorCode');
    const explained = explain({ errorCode, reason: text('Reason') });
    clear(told.row);
    told.row.phase = 'dead';
    told.row.letter = {
      id: messageId,
      ...(errorCode !== undefined && { errorCode }),
      ...explained,
      message: text('ErrorMessage') ?? 'The letter says nothing of why.',
    };
    const attributes = Object.entries(messageAttributes).map(
      ([name, value]) => `${name}: ${value.StringValue}`,
    );
    tell(told, {
      kind: 'dead-letter',
      title: `Became a dead letter: ${explained.reason}. ${explained.meaning}`,
      tone: 'bad',
      details: [
        { label: 'Its attributes', text: attributes.join('\n') || 'none' },
        { label: 'Its body', text: readable(body) },
      ],
    });
  }

  function onLetterDeleted({ messageId }: Message): void {
    const told = byMessage.get(messageId);
    // One that was redriven is on the queue by now.
    if (told?.row.letter?.id !== messageId) return;
    told.row.phase = 'closed';
    tell(told, { kind: 'dead-letter', title: 'The letter was dropped.' });
  }

  function onDelivery({ instance, records }: { instance: number; records: readonly SQSRecord[] }): void {
    inHand.set(instance + 1, records.length);
    for (const { messageId, attributes, receiptHandle } of records) {
      const told = byMessage.get(messageId);
      if (told === undefined) continue;
      const { row } = told;
      told.receiptHandle = receiptHandle;
      clear(row);
      row.phase = 'working';
      row.instance = instance + 1;
      row.deliveries = Number(attributes.ApproximateReceiveCount);
      const beside = records.length === 1 ? '' : `, with ${counted(records.length - 1, 'other')}`;
      const title = `Delivery ${row.deliveries}, to instance ${instance + 1}${beside}.`;
      tell(told, { kind: 'delivery', title });
    }
  }

  function onDeliveryEnd({
    instance,
    left,
    error,
  }: {
    instance: number;
    left: readonly SQSRecord[];
    error?: unknown;
  }): void {
    inHand.set(instance + 1, 0);
    for (const { messageId, receiptHandle } of left) {
      const told = byMessage.get(messageId);
      if (told === undefined || told.row.phase !== 'working') continue;
      const hidden = hiddenMs(receiptHandle);
      delete told.row.instance;
      told.row.phase = 'waiting';
      told.row.until = now() + hidden;
      told.row.why =
        error === undefined ? 'It was reported as failed.' : 'The instance died with it in hand.';
      if (error === undefined) {
        changed(told);
        continue;
      }
      const title = `Instance ${instance + 1} died. SQS shows the message again in ${duration(hidden)}.`;
      tell(told, { kind: 'died', title, tone: 'bad' });
    }
  }

  function ended(told: Told, line: LogLine, raw: string): void {
    const { row } = told;
    const { outcome, delaySeconds = 0, detail = '', durationMs } = line;
    const entry = {
      kind: 'log' as const,
      ...(durationMs !== undefined && { durationMs }),
      details: [{ label: 'The log line', text: readable(raw) }],
    };
    if (isOutcome(outcome)) {
      clear(row);
      row.phase = 'synced';
      row.outcome = outcome;
      const contactId = hubspot().portal.contactByEmail(row.email ?? '')?.id;
      if (contactId !== undefined) row.contactId = contactId;
      tell(told, { ...entry, kind: 'synced', title: `Synced: ${OUTCOME_WORDS[outcome]}.`, tone: 'good' });
    } else if (outcome === 'retry') {
      clear(row);
      row.phase = 'waiting';
      row.until = now() + delaySeconds * 1_000;
      row.why = detail;
      const title = `Put back for ${duration(delaySeconds * 1_000)}. ${detail}`;
      tell(told, { ...entry, title, tone: 'warn' });
    } else {
      tell(told, { ...entry, title: line.message, tone: line.level === 'ERROR' ? 'bad' : 'plain' });
    }
  }

  /** Of one person's sign-ups, which are worked on one after another, the one whose turn it is. */
  function atWorkFor(emails: readonly string[]): Told | undefined {
    for (const told of all.values()) {
      const { phase, email } = told.row;
      if (phase === 'working' && email !== undefined && emails.includes(email.toLowerCase())) return told;
    }
    return undefined;
  }

  function callEnded(call: Call): void {
    const underWay = callsUnderWay.get(call);
    if (underWay === undefined) return;
    callsUnderWay.delete(call);
    const { told, entry, startedAt } = underWay;
    const { status, answer } = call;
    entry.durationMs = now() - startedAt;
    entry.status = typeof status === 'number' ? String(status) : 'no answer';
    entry.tone = toneOfStatus(status);
    if (answer) entry.details.push({ label: `The answer, ${entry.status}`, text: readable(answer) });
    changed(told, entry);
  }

  return {
    watch: {
      queue: { onArrival: onQueue },
      deadLetters: { onArrival: onDeadLetters, onDeletion: onLetterDeleted },
      onDelivery,
      onDeliveryEnd,
    },
    log(raw) {
      const line = readLogLine(raw);
      if (line === undefined) return;
      const told = byMessage.get(line.correlation_id ?? '') ?? all.get(line.sub ?? '');
      if (told === undefined) return;
      if (line.service === 'publish-verification') {
        const details = [{ label: 'The log line', text: readable(raw) }];
        tell(told, { kind: 'log', title: `The trigger: ${line.message}.`, details });
      } else ended(told, line, raw);
    },
    see(call, phase) {
      if (phase === 'applied') return;
      if (phase !== 'received') return callEnded(call);
      const told = atWorkFor(call.emails);
      if (told === undefined) return;
      told.row.requests += 1;
      const entry = tell(told, {
        kind: 'call',
        title: `${call.method} ${call.path}`,
        status: 'under way',
        details: call.body === '' ? [] : [{ label: 'What was sent', text: readable(call.body) }],
      });
      callsUnderWay.set(call, { told, entry, startedAt: now() });
    },
    signUp({ sub, email, username }) {
      const before = all.get(sub);
      if (before !== undefined) {
        tell(before, { kind: 'trigger', title: "Cognito's trigger again, for the same sign-up." });
        return before.row;
      }
      const told = begin(sub, { email, username, phase: 'signing-up' });
      tell(told, { kind: 'trigger', title: `Cognito confirms the sign-up of ${email} as ${username}.` });
      return told.row;
    },
    notPublished(id, why) {
      const told = all.get(id);
      if (told?.row.phase !== 'signing-up') return;
      told.row.phase = 'not-published';
      told.row.why = why;
      tell(told, { kind: 'trigger', title: why, tone: 'bad' });
    },
    note(id, title, tone = 'plain') {
      const told = all.get(id);
      if (told !== undefined) tell(told, { kind: 'operator', title, tone });
    },
    backOffsEnded() {
      for (const told of all.values()) {
        if (told.row.phase !== 'waiting' || hiddenMs(told.receiptHandle ?? '') > 0) continue;
        clear(told.row);
        told.row.phase = 'ready';
        tell(told, { kind: 'operator', title: 'The clock jumped over the back-off.' });
      }
    },
    rows: () => [...all.values()].map(({ row }) => row),
    story(id) {
      const told = all.get(id);
      return told && { row: told.row, entries: told.entries };
    },
    ofLetter(letterId) {
      const told = byMessage.get(letterId);
      return told?.row.letter?.id === letterId ? told.row : undefined;
    },
    inHand: () => inHand,
    subscribe,
    onForgotten,
  };
}
