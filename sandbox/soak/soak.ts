import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { mapEventSource } from '../event-source.ts';
import type { Call } from '../hubspot/journal.ts';
import type { CallPhase } from '../hubspot/sandbox.ts';
import { type Lambda, startLambda } from '../lambda.ts';
import { startStack } from '../stack.ts';
import { watchCards } from './cards.ts';
import { chance } from './chance.ts';
import { makePerson, type Person } from './people.ts';
import { redriveAll } from './redrive.ts';
import { troubleOf } from './troubles.ts';

export interface SoakOptions {
  users: number;
  /** The probability that a HubSpot call is struck. */
  faults: number;
  seed: number;
  instances?: number;
  onLog?(line: string): void;
  onProgress?(done: number): void;
}

export interface SoakResult {
  /** In words, one for each card that is not as it should be. */
  differences: string[];
  people: { new: number; existing: number };
  requests: number;
  /** What the same people cost when nothing goes wrong: one request for a new one, three for an existing contact. */
  idealRequests: number;
  /** How often each trouble struck. */
  troubles: Map<string, number>;
  redriven: number;
  durationMs: number;
}

/** The probability that the answer of an invocation gets lost on its way to the poller. */
const LOST_ANSWERS = 0.02;
const SEND_BATCH = 10;
/** Of progress, not of time: a soak that stands still for so long has failed. */
const STILL_MS = 60_000;

/** Syncs many people while everything goes wrong, then compares every card with what it should hold. */
export async function soak({
  users,
  faults,
  seed,
  instances = 3,
  onLog,
  onProgress,
}: SoakOptions): Promise<SoakResult> {
  const startedAt = performance.now();
  const stack = await startStack({
    instances: 0,
    hubspot: { requestsPer10s: Number.POSITIVE_INFINITY, requestsPerDay: Number.POSITIVE_INFINITY },
    // Redeliveries come without delay here, so that there are more of them than a real outage of a day would bring.
    queues: { maxReceiveCount: 1_000 },
    environment: {
      HUBSPOT_REQUESTS_PER_10S: '1000000',
      HUBSPOT_TIMEOUT_MS: '400',
      MAX_CONCURRENCY: String(instances),
    },
  });
  const { hubspot, queues } = stack;
  const cards = watchCards(hubspot.portal);
  const troubles = new Map<string, number>();
  const calls = new Map<string, number>();
  const inHandOf = new Map<string, Lambda>();
  let invocations = 0;
  let redriven = 0;

  const count = (name: string) => troubles.set(name, (troubles.get(name) ?? 0) + 1);

  async function kill(email: string): Promise<void> {
    const pid = inHandOf.get(email)?.pid();
    if (pid === undefined) return;
    process.kill(pid, 'SIGKILL');
    while (inHandOf.has(email)) await sleep(1);
  }

  const dying = new Map<number, CallPhase>();
  hubspot.onCall = async (call: Call, phase: CallPhase) => {
    cards.see(call, phase);
    const email = call.emails.find((address) => inHandOf.has(address));
    if (email === undefined) return;
    if (phase === 'received') {
      const ordinal = (calls.get(email) ?? 0) + 1;
      calls.set(email, ordinal);
      const struck = troubleOf(call, { seed, probability: faults, email, ordinal });
      if (struck !== undefined) {
        const [name, trouble] = struck;
        count(name);
        if ('fault' in trouble) hubspot.faults.add({ email, do: trouble.fault });
        else dying.set(call.number, trouble.dies);
      }
    }
    if (dying.get(call.number) === phase) await kill(email);
  };

  const lambdas = Array.from({ length: instances }, () =>
    startLambda({
      functionName: 'sync-contact',
      bundle: new URL('../../dist/sync-contact/index.mjs', import.meta.url).pathname,
      environment: stack.syncEnvironment,
      ...(onLog && { onLog }),
    }),
  );

  /** Invokes, knowing whose messages the instance has in hand; loses the answer at times. */
  const invocation = (lambda: Lambda) => async (event: SQSEvent) => {
    const emails = event.Records.map(({ body }) => String(JSON.parse(body).email).toLowerCase());
    for (const email of emails) inHandOf.set(email, lambda);
    try {
      const answer = await lambda.invoke(event);
      invocations += 1;
      if (chance(seed, invocations, 'lost answer') < (faults > 0 ? LOST_ANSWERS : 0)) {
        count('answer to the poller lost');
        throw new Error('The answer was lost');
      }
      return answer;
    } finally {
      for (const email of emails) inHandOf.delete(email);
    }
  };

  try {
    const people = Array.from({ length: users }, (_, index) => makePerson(hubspot.portal, seed, index + 1));
    const eventSource = mapEventSource({
      sqs: queues.sqs,
      queueUrl: queues.queueUrl,
      invocations: lambdas.map(invocation),
    });
    const messages = people.flatMap(messagesOf);
    for (let first = 0; first < messages.length; first += SEND_BATCH) {
      const Entries = messages.slice(first, first + SEND_BATCH);
      const { Failed = [] } = await queues.sqs.send(
        new SendMessageBatchCommand({ QueueUrl: queues.queueUrl, Entries }),
      );
      if (Failed.length > 0) throw new Error(`The queue did not take ${Failed.length} messages`);
    }

    let left = Number.POSITIVE_INFINITY;
    let progressAt = performance.now();
    for (;;) {
      for (const handle of eventSource.takeLeft()) await queues.makeVisible(handle);
      const { ready, inflight } = queues.waiting();
      const waiting = ready.length + inflight.length;
      if (waiting !== left) {
        left = waiting;
        progressAt = performance.now();
        onProgress?.(Math.max(users - waiting, 0));
      }
      if (waiting === 0) {
        if (queues.deadLetters().length === 0) break;
        redriven += await redriveAll(queues);
      }
      if (performance.now() - progressAt > STILL_MS)
        throw new Error(`${waiting} messages do not get anywhere`);
      await sleep(20);
    }
    eventSource.stop();

    const known = new Set(people.flatMap(({ email }) => hubspot.portal.contactByEmail(email)?.id ?? []));
    const strangers = hubspot.portal.contacts().filter(({ id }) => !known.has(id));
    const existing = people.filter(({ before }) => before !== undefined).length;
    return {
      differences: [
        ...people.flatMap((person, index) =>
          cards.differences(person).map((difference) => `Person ${index + 1}: ${difference}.`),
        ),
        ...strangers.map(({ id }) => `Card ${id} belongs to nobody.`),
      ],
      people: { new: users - existing, existing },
      requests: hubspot.journal.entries().length,
      idealRequests: users - existing + 3 * existing,
      troubles,
      redriven,
      durationMs: performance.now() - startedAt,
    };
  } finally {
    await Promise.all(lambdas.map((lambda) => lambda.stop()));
    await stack.stop();
  }
}

function messagesOf({ email, username, sentAgain }: Person): SendMessageBatchRequestEntry[] {
  const message = {
    MessageBody: JSON.stringify({ email, username, verifiedAt: new Date().toISOString() }),
    MessageGroupId: email.toLowerCase(),
  };
  const first = { ...message, Id: randomUUID(), MessageDeduplicationId: randomUUID() };
  if (sentAgain === 'no') return [first];
  const replay = { MessageAttributes: { Replay: { DataType: 'String', StringValue: 'true' } } };
  const second = { ...message, Id: randomUUID(), MessageDeduplicationId: randomUUID() };
  return [first, sentAgain === 'replay' ? { ...second, ...replay } : second];
}
