import { OperatorError } from '../exit.ts';

/** Who is looked for: by one of these. */
export interface SoughtOptions {
  email?: string;
  messageId?: string;
  contactId?: string;
}

/** By what somebody can be found. It grows while they are looked for. */
export interface Sought {
  email: string | undefined;
  contactId: string | undefined;
  messageIds: Set<string>;
  /** What logs call them. */
  persons: Set<string>;
  /** What Cognito calls their account. */
  subs: Set<string>;
}

/** @throws OperatorError when it is none of the three, or more than one, or not what it should be. It quotes nothing. */
export function soughtOf({ email, messageId, contactId }: SoughtOptions): Sought {
  const given = [email, messageId, contactId].filter((value) => value !== undefined);
  if (given.length !== 1) throw new OperatorError('Who? Give one of --email, --message-id and --contact-id.');
  if (email !== undefined && !/^[^\s@]+.*@.*[^\s@]+$/s.test(email)) {
    throw new OperatorError('--email is not an address.');
  }
  if (messageId !== undefined && !/^[\w-]{1,100}$/.test(messageId)) {
    throw new OperatorError('--message-id is not the ID of a message: it looks like a UUID.');
  }
  if (contactId !== undefined && !/^\d{1,30}$/.test(contactId)) {
    throw new OperatorError('--contact-id is not the ID of a contact: HubSpot shows it as a number.');
  }
  return {
    email,
    contactId,
    messageIds: new Set(messageId === undefined ? [] : [messageId]),
    persons: new Set(),
    subs: new Set(),
  };
}
