import { LEAD_SOURCE_TYPE, NOTE_BODY, newContact, updateNote, usernameUpdate } from './hubspot/ticket.ts';

/** One verified sign-up, and whether HubSpot may have heard of it before. */
export interface SignUp {
  email: string;
  username: string;
  verifiedAt: Date;
  /** This message, or another of the same verification, has or may have been worked on before. */
  doubted: boolean;
  /** Sign-ups of the same person that came later may have been worked on before this one. */
  overtaken: boolean;
  /** What the person's sign-up before this one has written, if that is known. */
  usernameBefore?: string | undefined;
}

/** What HubSpot holds after a sign-up has been synced. */
export type Outcome =
  | { outcome: 'created' }
  /** The contact was there before: it has the username, and a note that says why. */
  | { outcome: 'updated'; contactId: string; noteId: string | undefined }
  /** The username was written; a note was not due, or was there already. */
  | { outcome: 'username-only'; contactId: string }
  /** An earlier delivery of this sign-up had done everything. */
  | { outcome: 'unchanged'; contactId: string }
  /** Another username was set after this verification, by a later sign-up or by somebody at support: it stays. */
  | { outcome: 'superseded'; contactId: string };

/** A contact as a read finds it. */
export interface ExistingContact {
  id: string;
  username: ExistingUsername;
  leadSourceType: string | null;
  createdAt: Date;
  noteIds: { listed: string[]; complete: boolean };
}

/** A contact's username, and how it was set, as far as HubSpot says. */
export interface ExistingUsername {
  value: string | null;
  setAt?: Date | undefined;
  /** By hand: not by a program, as this one is. */
  setByPeople?: boolean;
  /** Every username that the contact has had, this one included; left out where HubSpot does not tell. */
  history?: readonly string[];
}

/** A note as a read finds it. `body` is HTML at times. */
export interface ExistingNote {
  body: string;
  timestamp: Date;
  createdAt: Date;
}

/** The CRM calls that a sync needs. All throw a `DeliveryError` when they fail. */
export interface Crm {
  createContact(body: ReturnType<typeof newContact>): Promise<{ conflictsWith: string | undefined }>;
  updateContact(
    contactId: string,
    body: ReturnType<typeof usernameUpdate>,
  ): Promise<{ createdAt: Date; updatedAt: Date }>;
  createNote(body: ReturnType<typeof updateNote>): Promise<{ noteId: string | undefined }>;
  readContact(contactId: string): Promise<ExistingContact>;
  /** The contact's notes that were written at `since` or later, and perhaps some older ones. */
  readNotes(contact: ExistingContact, since: Date): Promise<ExistingNote[]>;
}

/** How far HubSpot's clock and that of the publisher may be apart. */
const CLOCK_SKEW_MS = 15 * 60_000;

/** How long after a sign-up has made its contact a repeat of it may come, with a new date, and nothing to know it by. */
const REPEATED_WITHIN_MS = 60 * 60_000;

/** The ticket's sequence: create the contact; if it exists, add the username, then a note that says why. */
export async function syncContact(signUp: SignUp, crm: Crm): Promise<Outcome> {
  const { conflictsWith: contactId } = await crm.createContact(newContact(signUp));
  if (contactId === undefined) return { outcome: 'created' };

  if (signUp.doubted) {
    const due = await whatIsDue(signUp, await crm.readContact(contactId), crm);
    if (due === 'nothing') return { outcome: 'unchanged', contactId };
    if (due === 'nothing-any-more') return { outcome: 'superseded', contactId };
    if (due === 'username') {
      await crm.updateContact(contactId, usernameUpdate(signUp));
      return { outcome: 'username-only', contactId };
    }
  }

  const { createdAt, updatedAt } = await crm.updateContact(contactId, usernameUpdate(signUp));

  // A contact so young may be this sign-up's own, from a delivery or a message that nobody has told us of.
  if (!signUp.doubted && createdAt >= before(signUp, REPEATED_WITHIN_MS)) {
    const contact = await crm.readContact(contactId);
    // Where the username is new with this very update, there was none.
    const hadUsername = contact.username.setAt === undefined || contact.username.setAt < updatedAt;
    if (hadUsername && (await whatIsDue(signUp, contact, crm)) !== 'username-and-note')
      return { outcome: 'username-only', contactId };
  }

  const { noteId } = await crm.createNote(updateNote(contactId, updatedAt));
  return { outcome: 'updated', contactId, noteId };
}

/** Reads back from HubSpot what earlier deliveries of this sign-up may have left undone. */
export async function whatIsDue(
  signUp: SignUp,
  contact: ExistingContact,
  crm: Pick<Crm, 'readNotes'>,
): Promise<'nothing' | 'nothing-any-more' | 'username' | 'username-and-note'> {
  const since = before(signUp, CLOCK_SKEW_MS);
  const hasUsername = contact.username.value === signUp.username;

  if (!hasUsername && knowsBetter(contact.username, signUp)) return 'nothing-any-more';

  const { history } = contact.username;
  const createdByThisSignUp =
    contact.leadSourceType === LEAD_SOURCE_TYPE &&
    contact.createdAt >= before(signUp, REPEATED_WITHIN_MS) &&
    hasUsername &&
    // One that had another username first was created by an earlier sign-up.
    !history?.some((username) => username !== signUp.username);
  if (createdByThisSignUp) return 'nothing';

  // Where the username was never written, no note was: what notes there are are of other sign-ups.
  if (history?.every((username) => username.trim() !== signUp.username.trim())) return 'username-and-note';

  const notes = await crm.readNotes(contact, since);
  const hasNote = notes.some(
    // An update that changed nothing may be dated long ago, and the note with it.
    ({ body, timestamp, createdAt }) =>
      plainText(body).includes(NOTE_BODY) && (timestamp >= since || createdAt >= since),
  );
  if (hasNote) return hasUsername ? 'nothing' : 'username';

  return 'username-and-note';
}

const before = ({ verifiedAt }: SignUp, ms: number): Date => new Date(verifiedAt.getTime() - ms);

/**
 * Whether somebody has set another username after the verification. Unless this sign-up was overtaken, what a program
 * has set is from the person's earlier sign-up, which has waited in the queue with this one.
 */
function knowsBetter(found: ExistingUsername, { verifiedAt, overtaken, usernameBefore }: SignUp): boolean {
  if (found.value === null || found.value === usernameBefore) return false;
  if (found.setAt === undefined || found.setAt <= verifiedAt) return false;
  return overtaken || found.setByPeople === true;
}

/** HubSpot wraps note bodies in markup at times. Our text holds no character that HTML would escape. */
const plainText = (html: string): string => html.replaceAll(/(?:<[^<>]*>|&nbsp;|\s)+/g, ' ');
