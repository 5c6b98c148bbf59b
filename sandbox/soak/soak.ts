import { setTimeout as sleep } from 'node:timers/promises';
import { mapEventSource } from '../event-source.ts';
import type { Call } from '../hubspot/journal.ts';
import type { CallPhase } from '../hubspot/sandbox.ts';
import type { ApiVersion } from '../hubspot/versions.ts';
import { startLambda } from '../lambda.ts';
import { startStack } from '../stack.ts';
import { watchCards } from './cards.ts';
import { troubleInvocations } from './invocations.ts';
import { sendSignUps } from './messages.ts';
import { makePerson, type Person } from './people.ts';
import { redriveAll } from './redrive.ts';
import { planTroubles } from './troubles.ts';

export interface SoakOptions {
  users: number;
  /** The probability that a HubSpot call is struck. */
  faults: number;
  seed: number;
  /** The version of HubSpot's API. */
  apiVersion?: ApiVersion;
  instances?: number;
  onLog?(line: string): void;
  onProgress?(done: number): void;
}

export interface SoakResult {
  /** In words, one for each card that is not as it should be. */
  differences: string[];
  /** Those who signed up again are among the new or the existing ones. */
  people: { new: number; existing: number; again: number };
  /** For how many people nothing in HubSpot tells whether a note is one too many, or which username is the later one. */
  undecidable: number;
  requests: number;
  /** What they cost when nothing goes wrong: one request for a new contact, three for each sign-up that meets one. */
  idealRequests: number;
  /** How often each trouble struck. */
  troubles: Map<string, number>;
  redriven: number;
  durationMs: number;
}

/** An invocation takes less, whatever befalls it. */
const INVOCATION_MS = 6_000;
/** Of progress, not of time: a soak that stands still for so long has failed. */
const STILL_MS = 60_000;

/** Syncs many people while everything goes wrong, then compares every card with what it should hold. */
export async function soak({
  users,
  faults,
  seed,
  apiVersion = 'v3',
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
      HUBSPOT_API_VERSION: apiVersion,
      MAX_CONCURRENCY: String(instances),
    },
  });
  const { hubspot, queues } = stack;
  const cards = watchCards(hubspot.portal);
  const troubles = new Map<string, number>();
  const troubleOf = planTroubles({ seed, probability: faults });
  const redriven: string[] = [];

  const count = (name: string) => troubles.set(name, (troubles.get(name) ?? 0) + 1);

  const lambdas = Array.from({ length: instances }, () =>
    startLambda({
      functionName: 'sync-contact',
      bundle: new URL('../../dist/sync-contact/index.mjs', import.meta.url).pathname,
      environment: stack.syncEnvironment,
      ...(onLog && { onLog }),
    }),
  );
  const { invocations, inHandOf, timesHandedElsewhere } = troubleInvocations({
    lambdas,
    seed,
    troubled: faults > 0,
    areHidden: (receiptHandles) => receiptHandles.every((handle) => queues.hiddenMs(handle) > INVOCATION_MS),
    count,
  });

  async function kill(email: string): Promise<void> {
    const pid = inHandOf(email)?.pid();
    if (pid === undefined) return;
    process.kill(pid, 'SIGKILL');
    while (inHandOf(email) !== undefined) await sleep(1);
  }

  const dying = new Map<number, CallPhase>();
  hubspot.onCall = async (call: Call, phase: CallPhase) => {
    cards.see(call, phase);
    const email = call.emails.find((address) => inHandOf(address) !== undefined);
    if (email === undefined) return;
    if (phase === 'received') {
      const struck = troubleOf(call, email);
      if (struck !== undefined) {
        const [name, trouble] = struck;
        count(name);
        if ('fault' in trouble) hubspot.faults.add({ email, do: trouble.fault });
        else if ('dies' in trouble) dying.set(call.number, trouble.dies);
        else inHandOf(email)?.stepClock(trouble.stepsClockMs);
      }
    }
    if (dying.get(call.number) === phase) await kill(email);
  };

  /** A person, and what is right about them besides: what HubSpot holds cannot tell it from what is due. */
  function judged(person: Person): Person {
    const { email, before, surplusNotes = 0, username, signedUpBefore } = person;
    const latest = redriven.some((body) => JSON.parse(body).username === username);
    return {
      ...person,
      // An instance that never saw a message cannot know that another one has written its note.
      surplusNotes: surplusNotes + (before === undefined ? 0 : timesHandedElsewhere(email)),
      // The earlier message was synced after the later one's verification, and that one came back as a dead letter.
      orUsername: latest ? signedUpBefore?.as : undefined,
    };
  }

  try {
    const signedUp = Array.from({ length: users }, (_, index) => makePerson(hubspot.portal, seed, index + 1));
    const eventSource = mapEventSource({
      sqs: queues.sqs,
      queueUrl: queues.queueUrl,
      invocations,
    });
    await sendSignUps(queues, signedUp);

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
        redriven.push(...(await redriveAll(queues)));
      }
      if (performance.now() - progressAt > STILL_MS)
        throw new Error(`${waiting} messages do not get anywhere`);
      await sleep(20);
    }
    eventSource.stop();

    const people = signedUp.map(judged);
    const known = new Set(people.flatMap(({ email }) => hubspot.portal.contactByEmail(email)?.id ?? []));
    const strangers = hubspot.portal.contacts().filter(({ id }) => !known.has(id));
    const existing = people.filter(({ before }) => before !== undefined).length;
    const again = people.filter(({ signedUpBefore }) => signedUpBefore !== undefined).length;
    return {
      differences: [
        ...people.flatMap((person, index) =>
          cards.differences(person).map((difference) => `Person ${index + 1}: ${difference}.`),
        ),
        ...strangers.map(({ id }) => `Card ${id} belongs to nobody.`),
      ],
      undecidable: people.filter(({ surplusNotes = 0, orUsername }) => surplusNotes > 0 || orUsername).length,
      people: { new: users - existing, existing, again },
      requests: hubspot.journal.entries().length,
      idealRequests: users - existing + 3 * (existing + again),
      troubles,
      redriven: redriven.length,
      durationMs: performance.now() - startedAt,
    };
  } finally {
    await Promise.all(lambdas.map((lambda) => lambda.stop()));
    await stack.stop();
  }
}
