import type { Crm, ExistingContact, ExistingNote, SignUp } from '../../../lib/contact-sync.ts';

/** When the person of these tests verified the address. */
export const verifiedAt = new Date('2026-11-23T18:00:00.000Z');
export const SKEW_MS = 15 * 60_000;
export const HOUR_MS = 60 * 60_000;

/** The moment `ms` after the verification. */
export const msLater = (ms: number): Date => new Date(verifiedAt.getTime() + ms);

export const signUp = (changed: Partial<SignUp> = {}): SignUp => ({
  email: 'ada@example.org',
  username: 'AdaL',
  verifiedAt,
  doubted: false,
  overtaken: false,
  ...changed,
});

export interface Script {
  /** Whom the first call finds; `undefined` where the contact is new. */
  conflictsWith?: string | undefined;
  /** What the update answers. */
  createdAt?: Date;
  updatedAt?: Date;
  /** What the reads find. */
  contact?: Partial<ExistingContact>;
  /** A note was written when it is dated, unless said otherwise. */
  notes?: (Omit<ExistingNote, 'createdAt'> & Partial<ExistingNote>)[];
}

/** A CRM that answers by the book, and keeps every call with its arguments. */
export function scriptedCrm(script: Script = {}): Crm & { calls: unknown[][]; made(): unknown[] } {
  const {
    conflictsWith = '91000000024',
    createdAt = msLater(-86_400_000),
    updatedAt = msLater(2_000),
  } = script;
  const contact: ExistingContact = {
    id: conflictsWith,
    username: { value: null },
    leadSourceType: null,
    createdAt: msLater(-86_400_000),
    noteIds: { listed: [], complete: true },
    ...script.contact,
  };
  const calls: unknown[][] = [];
  const answering =
    <A extends unknown[], T>(name: string, answer: T) =>
    async (...args: A): Promise<T> => {
      calls.push([name, ...args]);
      return answer;
    };
  return {
    calls,
    made: () => calls.map(([name]) => name),
    createContact: answering('createContact', {
      conflictsWith: 'conflictsWith' in script ? script.conflictsWith : conflictsWith,
    }),
    updateContact: answering('updateContact', { createdAt, updatedAt }),
    createNote: answering('createNote', { noteId: '70000000001' }),
    readContact: answering('readContact', contact),
    readNotes: answering(
      'readNotes',
      (script.notes ?? []).map((note) => ({ createdAt: note.timestamp, ...note })),
    ),
  };
}

/** What a sync of a contact that exists may do, by its outcome. */
export const WORK = {
  nothing: ['createContact', 'readContact'],
  nothingAfterNotes: ['createContact', 'readContact', 'readNotes'],
  usernameOnly: ['createContact', 'readContact', 'readNotes', 'updateContact'],
  usernameAndNote: ['createContact', 'readContact', 'readNotes', 'updateContact', 'createNote'],
};
