import { cardBefore, type SignedUp, watchCards } from '../../sandbox/cards.ts';
import { type Lambda, startLambda } from '../../sandbox/lambda.ts';
import { startStack } from '../../sandbox/stack.ts';
import { API_VERSION } from '../integration/support/api-version.ts';
import { archiveLine } from '../integration/support/log-archive.ts';
import { known } from '../integration/support/people.ts';

const BUNDLE = new URL('../../dist/sync-contact/index.mjs', import.meta.url).pathname;

export const MINUTE_MS = 60_000;
const A_YEAR_MS = 365 * 24 * 60 * MINUTE_MS;

/** What somebody's card holds before they sign up. */
export interface Standing {
  properties?: Record<string, string>;
  createdAt?: number;
  /** The moments of notes of ours, from earlier sign-ups. */
  ourNotes?: number[];
  staffNotes?: number;
}

/** One verified sign-up, and what the CRM held of the person at that time. */
export interface Person extends SignedUp {
  readonly verifiedAt: Date;
}

export type World = Awaited<ReturnType<typeof startWorld>>;

const OUR_NOTE =
  'This contact created an account on Enterprise dashboard and already existed in Hubspot. Their Enterprise username has been added.';

/** HubSpot, both queues, and as many instances of the built sync-contact as wanted; nothing polls. */
export async function startWorld(environment: Record<string, string> = {}) {
  const stack = await startStack({
    instances: 0,
    hubspot: { requestsPer10s: Number.POSITIVE_INFINITY },
    environment: {
      HUBSPOT_REQUESTS_PER_10S: '1000000',
      HUBSPOT_API_VERSION: API_VERSION,
      // Calls are held until all of a batch have come to their moment: on a busy machine none may give up before.
      HUBSPOT_TIMEOUT_MS: '25000',
      ...environment,
    },
  });
  const { portal } = stack.hubspot;
  const cards = watchCards(portal);
  const lambdas: Lambda[] = [];
  const emails = new Set<string>();

  return {
    hubspot: stack.hubspot,
    queues: stack.queues,
    cards,

    instance(): Lambda {
      const lambda = startLambda({
        functionName: 'sync-contact',
        bundle: BUNDLE,
        environment: stack.syncEnvironment,
        onLog: archiveLine,
      });
      lambdas.push(lambda);
      return lambda;
    },

    /** Somebody who is about to sign up: new to the CRM, or with this card. */
    person(standing?: Standing, verifiedAt = new Date()): Person {
      const number = emails.size + 1;
      const email = `person-${number}@example.org`;
      emails.add(email);
      if (standing !== undefined) {
        const { createdAt = Date.now() - A_YEAR_MS, properties, ourNotes = [], staffNotes = 0 } = standing;
        const card = portal.createContact(
          { email, firstname: 'Ada', lead_source_type: 'Webinar', ...properties },
          { createdAt },
        );
        for (let note = 1; note <= staffNotes; note += 1) {
          portal.addNote(
            card.id,
            { hs_note_body: `Call ${note}`, hs_timestamp: new Date(createdAt + note).toISOString() },
            { createdAt: createdAt + note },
          );
        }
        for (const moment of ourNotes) {
          portal.addNote(
            card.id,
            { hs_note_body: OUR_NOTE, hs_timestamp: new Date(moment).toISOString() },
            { createdAt: moment },
          );
        }
      }
      return known({ email, username: `User${number}`, verifiedAt, before: cardBefore(portal, email) });
    },

    /** The same person once more: the account was deleted, and another one opened under the same address. */
    again(person: Person, { username, verifiedAt }: Pick<Person, 'username' | 'verifiedAt'>): Person {
      return known({ email: person.email, username, verifiedAt, before: cardBefore(portal, person.email) });
    },

    /** The addresses on cards that belong to nobody of the above. */
    cardsOfNobody: (): string[] =>
      portal
        .contacts()
        .flatMap(({ properties: { email } }) => (emails.has(email ?? '') ? [] : [email ?? ''])),

    async stop(): Promise<void> {
      await Promise.all(lambdas.map((lambda) => lambda.stop()));
      await stack.stop();
    },
  };
}
