import { randomUUID } from 'node:crypto';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { signUpConfirmed } from '../sign-up.ts';
import type { Stack } from '../stack.ts';
import type { Chronicle } from './chronicle.ts';
import { newPeople, type Person } from './people.ts';
import type { Row } from './view.ts';

const A_YEAR_MS = 365 * 24 * 60 * 60 * 1_000;

/** What somebody can do to the stack, beside HubSpot's moods. */
export interface Hands {
  person(): Person;
  /** Through the trigger. With a `sub` that was there before, it is a repeat of Cognito's. */
  signUp(person: { email: string; username: string }, sub?: string): Row;
  /** Makes the person a contact since a year ago. */
  makeKnown(person: Person): void;
  sendMalformed(body: string): Promise<string>;
  /** Ends every back-off and every visibility timeout. */
  skipBackOffs(): Promise<void>;
  /** @returns false where the instance is not running */
  kill(instance: number): boolean;
  /** Resolves when the trigger has nothing more to do. */
  idle(): Promise<void>;
}

/** The hands on a stack whose chronicle this is. */
export function openHands(stack: Stack, chronicle: Chronicle): Hands {
  const { hubspot, queues, publishVerification, syncContacts } = stack;
  // One instance of the trigger's function: one sign-up after another.
  let publishing: Promise<unknown> = Promise.resolve();

  async function publish(person: { email: string; username: string }, sub: string): Promise<void> {
    try {
      await publishVerification.invoke(signUpConfirmed({ ...person, sub }));
      chronicle.notPublished(sub, 'The trigger has put nothing on the queue. Its log line says why.');
    } catch {
      chronicle.notPublished(sub, 'The trigger died. Cognito calls it up to three times.');
    }
  }

  return {
    person: newPeople(),
    signUp(person, sub = randomUUID()) {
      const row = chronicle.signUp({ ...person, sub });
      publishing = publishing.then(() => publish(person, sub));
      return row;
    },
    makeKnown({ email, firstName, lastName }) {
      hubspot.portal.createContact(
        {
          email,
          firstname: firstName,
          lastname: lastName,
          lead_source_type: 'Webinar',
          lifecyclestage: 'subscriber',
        },
        { createdAt: Date.now() - A_YEAR_MS },
      );
    },
    async sendMalformed(body) {
      const { MessageId = '' } = await queues.sqs.send(
        new SendMessageCommand({
          QueueUrl: queues.queueUrl,
          MessageBody: body,
          MessageGroupId: randomUUID(),
          MessageDeduplicationId: randomUUID(),
        }),
      );
      return MessageId;
    },
    async skipBackOffs() {
      await stack.skipBackOff();
      chronicle.backOffsEnded();
    },
    kill(instance) {
      const pid = syncContacts[instance - 1]?.pid();
      if (pid === undefined) return false;
      process.kill(pid, 'SIGKILL');
      return true;
    },
    async idle() {
      await publishing;
    },
  };
}
