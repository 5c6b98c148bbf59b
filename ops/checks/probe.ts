import { syncContact } from '../../lib/contact-sync.ts';
import { DeliveryError } from '../../lib/failure.ts';
import { NOTE_BODY } from '../../lib/hubspot/ticket.ts';
import { apiPath, openAccount, openHubSpot, Stopped } from '../hubspot.ts';
import { DAY_MS } from '../terminal/text.ts';
import { type Check, failed, ok } from './check.ts';
import type { Examined } from './examined.ts';

const USERNAME = 'wme-hubspot-sync probe';

/** The second sign-up meets a contact that was there before: so much later, whatever this machine takes for the time. */
const LATER_MS = 3_650 * DAY_MS;

const TITLE = 'A sign-up goes through: contact, conflict, username, note';

/** What is left behind, for a person who has to remove it by hand. */
const remaining = (left: readonly string[]): string => `Left in HubSpot: ${left.join(' and ')}`;

const REMOVE = 'Delete by hand in HubSpot what is left, and look at the other checks.';

/**
 * One full cycle of the sync's own code, with a test address that nobody has: a new contact, then a conflict with it, the
 * username and the note. What it has made it removes, whatever happens.
 */
export const probe = (email: string): Check => ({
  title: TITLE,
  advice: 'The other checks say what HubSpot does not take.',
  async run(of: Examined) {
    // Not the one that Ctrl-C stops: what is begun here is also taken away.
    const stop = new AbortController().signal;
    const { crm, holdersOf } = openHubSpot(of.stage, stop);
    const account = openAccount(of.stage, stop);
    const { apiVersion } = of.stage.hubspot;
    if ((await holdersOf([email])).size > 0) {
      return failed(
        'HubSpot has a contact of that address already, and it is left alone',
        'Give a test address that nobody has.',
      );
    }

    const made: { contactId?: string | undefined; noteId?: string | undefined } = {};
    const signUp = { email, username: USERNAME, doubted: false, overtaken: false };

    async function cycle(): Promise<string | undefined> {
      const first = await syncContact({ ...signUp, verifiedAt: new Date(of.nowMs) }, crm);
      if (first.outcome !== 'created') return `The first sign-up was ${first.outcome}, and not created`;
      const verifiedAt = new Date(of.nowMs + LATER_MS);
      const second = await syncContact({ ...signUp, verifiedAt }, crm);
      if (second.outcome !== 'updated') return `The second sign-up was ${second.outcome}, and not updated`;
      Object.assign(made, { contactId: second.contactId, noteId: second.noteId });
      const contact = await crm.readContact(second.contactId);
      const notes = await crm.readNotes(contact, new Date(0));
      if (contact.username.value !== USERNAME) return 'The card does not hold the username';
      return notes.some(({ body }) => body.includes(NOTE_BODY))
        ? undefined
        : 'The card does not hold the note';
    }

    /** @returns what could not be removed */
    async function remove(): Promise<string[]> {
      made.contactId ??= (await holdersOf([email]).catch(() => undefined))?.get(email.toLowerCase());
      const left: string[] = [];
      for (const [what, rest] of [
        [`note ${made.noteId}`, made.noteId && `notes/${made.noteId}`],
        [`contact ${made.contactId}`, made.contactId && `contacts/${made.contactId}`],
      ] as const) {
        if (!rest) continue;
        const answer = await account
          .ask('DELETE', apiPath(apiVersion, 'objects', rest))
          .catch(() => undefined);
        if (answer?.status !== 204 && answer?.status !== 404) left.push(what);
      }
      return left;
    }

    let problem: string | undefined;
    try {
      problem = await cycle();
    } catch (error) {
      if (error instanceof Stopped || !(error instanceof DeliveryError)) throw error;
      problem = error.failure.detail;
    }
    const left = await remove();
    if (left.length > 0) return failed([problem, remaining(left)].filter(Boolean).join('. '), REMOVE);
    return problem === undefined
      ? ok('what it made is removed; HubSpot keeps the contact in its recycling bin')
      : failed(problem);
  },
});
