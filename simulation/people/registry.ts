import { type CardBefore, newFacts, type Person, type SupportAct, type Verification } from './person.ts';

/** Everybody there is. */
export interface Registry {
  people(): readonly Person[];
  add(given: { email: string; before?: CardBefore | undefined; isTaken?: boolean }): Person;
  /** @param verifiedAt true time */
  verify(person: Person, username: string, verifiedAt: number): Verification;
  /** How many verifications there have been. */
  verifications(): number;
  byEmail(email: string): Person | undefined;
  byUsername(username: string): Verification | undefined;
  bySub(sub: string): Verification | undefined;
  byContact(contactId: string): Person | undefined;
  /** The card is now that person's, perhaps besides others. */
  belongsTo(contactId: string, person: Person): void;
  note(person: Person, act: SupportAct): void;
  /** People that something has happened to since this was last asked. */
  takeTouched(): Person[];
  touch(person: Person): void;
}

export function createRegistry(): Registry {
  const people: Person[] = [];
  const byEmail = new Map<string, Person>();
  const byUsername = new Map<string, Verification>();
  const bySub = new Map<string, Verification>();
  const byContact = new Map<string, Person>();
  let touched = new Set<Person>();

  return {
    people: () => people,
    add({ email, before, isTaken = true }) {
      const person: Person = {
        number: people.length + 1,
        email,
        verifications: [],
        before,
        support: [],
        isTaken,
      };
      people.push(person);
      byEmail.set(email.toLowerCase(), person);
      if (before !== undefined) byContact.set(before.contactId, person);
      return person;
    },
    verify(person, username, verifiedAt) {
      const number = person.verifications.length + 1;
      const sub = `${String(person.number).padStart(8, '0')}-0000-4000-8000-${String(number).padStart(12, '0')}`;
      const verification: Verification = { person, number, username, sub, verifiedAt, facts: newFacts() };
      person.verifications.push(verification);
      byUsername.set(username, verification);
      bySub.set(sub, verification);
      touched.add(person);
      return verification;
    },
    verifications: () => bySub.size,
    byEmail: (email) => byEmail.get(email.toLowerCase()),
    byUsername: (username) => byUsername.get(username),
    bySub: (sub) => bySub.get(sub),
    byContact: (contactId) => byContact.get(contactId),
    belongsTo: (contactId, person) => void byContact.set(contactId, person),
    note(person, act) {
      person.support.push(act);
      touched.add(person);
    },
    touch: (person) => void touched.add(person),
    takeTouched() {
      const taken = [...touched];
      touched = new Set();
      return taken;
    },
  };
}
