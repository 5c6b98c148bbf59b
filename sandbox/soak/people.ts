import type { Portal } from '../hubspot/portal.ts';
import { cardBefore, type SignedUp } from './cards.ts';
import { chance } from './chance.ts';

/** Somebody who signs up, and how. */
export interface Person extends SignedUp {
  /** They delete that account and sign up again, as `username`: with both messages on the queue at once, or later. */
  readonly signedUpBefore: { as: string; then: 'at once' | 'later' } | undefined;
  /** The publisher sends the message twice, or an operator sends it once more. */
  readonly sentAgain: 'no' | 'twice' | 'replay';
}

const A_YEAR_MS = 365 * 24 * 60 * 60 * 1_000;
const MANY_NOTES = 250;
const SIGN_UP_AGAIN = 0.1;

/** Makes the person, and the card that they have before they sign up, if they have one. */
export function makePerson(portal: Portal, seed: number, number: number): Person {
  const plain = `person-${number}@example.org`;
  const kind = chance(seed, number, 'kind');
  const isNew = kind < 0.6;
  let email = plain;
  if (!isNew) {
    const createdAt = Date.now() - A_YEAR_MS;
    const holder = kind < 0.66 ? `other-address-${number}@example.org` : plain;
    const card = portal.createContact(
      { email: holder, firstname: 'Ada', lead_source_type: 'Webinar' },
      { createdAt },
    );
    if (holder !== plain) portal.addSecondaryEmail(card.id, plain);
    const notes = kind < 0.7 ? MANY_NOTES : kind < 0.85 ? 3 : 0;
    for (let note = 1; note <= notes; note += 1) {
      const at = createdAt + note;
      portal.addNote(
        card.id,
        { hs_note_body: `Call ${note}`, hs_timestamp: new Date(at).toISOString() },
        { createdAt: at },
      );
    }
    if (kind > 0.9) email = `Person-${number}@Example.org`;
  }
  // In some alphabet or other, and never the same for two people.
  const username = `${['User', 'Пользователь', '用户', 'مستخدم', 'ユーザー'][number % 5]} ${number}`;
  const before = cardBefore(portal, email);
  const anew = chance(seed, number, 'anew');
  if (anew < SIGN_UP_AGAIN) {
    const then = anew < SIGN_UP_AGAIN / 2 ? 'at once' : 'later';
    // Whether the second one was preceded by the contact, or by a note of its own, is not always to be told.
    const surplusNotes = 1;
    return {
      email,
      username: `${username} again`,
      before,
      surplusNotes,
      signedUpBefore: { as: username, then },
      sentAgain: 'no',
    };
  }
  const again = chance(seed, number, 'again');
  return {
    email,
    username,
    before,
    signedUpBefore: undefined,
    // A second publication for a contact that was there before is no redelivery, and rightly brings a second note.
    sentAgain: again < 0.05 ? 'replay' : again < 0.1 && isNew ? 'twice' : 'no',
  };
}
