import type { SQSEvent } from 'aws-lambda';
import type { Lambda } from '../lambda.ts';
import { chance } from './chance.ts';

/** What befalls an invocation as a whole, and how likely that is. */
const PROBABILITIES = {
  'answer to the poller lost': 0.02,
  'handed over again, to the same instance': 0.05,
  'handed over again, to another instance': 0.05,
  'instance replaced': 0.03,
};

export interface InvocationsOptions {
  lambdas: readonly Lambda[];
  seed: number;
  /** On a calm day nothing befalls an invocation. */
  troubled: boolean;
  /** Whether nobody else can receive these messages for as long as an invocation takes. */
  areHidden(receiptHandles: readonly string[]): boolean;
  count(trouble: string): void;
}

/** Invokes as the event source mapping does, knows whose messages an instance has in hand, and lets things go wrong. */
export function troubleInvocations({ lambdas, seed, troubled, areHidden, count }: InvocationsOptions) {
  const inHand = new Map<string, Lambda>();
  const handedElsewhere = new Map<string, number>();
  const turns = new Map<Lambda, Promise<unknown>>();
  let invocations = 0;

  /** An instance has one invocation at a time. */
  function inTurn<T>(lambda: Lambda, work: () => Promise<T>): Promise<T> {
    const turn = (turns.get(lambda) ?? Promise.resolve()).then(work);
    turns.set(
      lambda,
      turn.catch(() => {}),
    );
    return turn;
  }

  async function hand(lambda: Lambda, event: SQSEvent): Promise<unknown> {
    const emails = emailsOf(event);
    for (const email of emails) inHand.set(email, lambda);
    try {
      return await lambda.invoke(event);
    } finally {
      for (const email of emails) if (inHand.get(email) === lambda) inHand.delete(email);
    }
  }

  function befalls(trouble: keyof typeof PROBABILITIES, invocation: number): boolean {
    return troubled && chance(seed, invocation, trouble) < PROBABILITIES[trouble];
  }

  const invocationsOf = (lambda: Lambda, index: number) => async (event: SQSEvent) => {
    invocations += 1;
    const number = invocations;
    const mayBeHandedOverAgain = () => areHidden(event.Records.map(({ receiptHandle }) => receiptHandle));

    let answer = await inTurn(lambda, async () => {
      const first = await hand(lambda, event);
      const again = 'handed over again, to the same instance';
      // One that has died in the meantime would be another instance, which has no memory of the first time.
      if (!befalls(again, number) || lambda.pid() === undefined || !mayBeHandedOverAgain()) return first;
      count(again);
      return await hand(lambda, event);
    });

    const again = 'handed over again, to another instance';
    const other = lambdas[(index + 1) % lambdas.length];
    if (befalls(again, number) && other !== undefined && other !== lambda) {
      answer = await inTurn(other, async () => {
        if (!mayBeHandedOverAgain()) return answer;
        count(again);
        for (const email of emailsOf(event))
          handedElsewhere.set(email, 1 + (handedElsewhere.get(email) ?? 0));
        return await hand(other, event);
      });
    }

    if (befalls('instance replaced', number)) {
      count('instance replaced');
      await inTurn(lambda, () => lambda.stop());
    }
    if (befalls('answer to the poller lost', number)) {
      count('answer to the poller lost');
      throw new Error('The answer was lost');
    }
    return answer;
  };

  return {
    /** For the event source mapping. */
    invocations: lambdas.map(invocationsOf),
    /** The instance that has a message of this person in hand. */
    inHandOf: (email: string) => inHand.get(email),
    /** How often a receive with a message of this person was handed to another instance, which cannot know. */
    timesHandedElsewhere: (email: string) => handedElsewhere.get(email.toLowerCase()) ?? 0,
  };
}

const emailsOf = ({ Records }: SQSEvent): string[] =>
  Records.map(({ body }) => String(JSON.parse(body).email).toLowerCase());
