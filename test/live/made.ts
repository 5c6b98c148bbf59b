import * as z from 'zod/mini';
import { DeliveryError } from '../../lib/failure.ts';
import { type ApiVersion, pathOf } from '../../sandbox/hubspot/versions.ts';
import type { Exchange, Wire } from './wire.ts';

/** Somebody who does not exist. */
export interface Person {
  email: string;
  username: string;
}

/** Everything that a run makes at HubSpot, known from before the first byte is sent until it is gone. */
export interface Made {
  /** Somebody new. Their address is looked up in the end, whether or not an answer ever named their contact. */
  person(domain?: string): Person;
  readonly people: readonly Person[];
  /** Takes note of the contacts and notes that an answer names. */
  heard(exchange: Exchange): void;
  /** Removes all of it. @returns what is still there, in words */
  remove(wire: Wire, version: ApiVersion): Promise<string[]>;
}

const named = z.object({ id: z.string() });
const found = z.object({ results: z.array(named) });
const withNotes = z.object({
  id: z.string(),
  associations: z.optional(z.object({ notes: z.optional(found) })),
});

const CREATES = /\/(contacts|notes)(?:\/merge)?$/;
const ATTEMPTS = 2;

/** @param runId tells the contacts of this run from all others */
export function createMade(runId: string, ownDomain: string): Made {
  const people: Person[] = [];
  const contactIds = new Set<string>();
  const noteIds = new Set<string>();

  async function lookUp(wire: Wire, version: ApiVersion): Promise<string[]> {
    // An address that HubSpot may refuse could make it refuse the whole look-up.
    const ours = people.filter(({ email }) => email.endsWith(`@${ownDomain}`));
    if (ours.length === 0) return [];
    const { body } = await wire.call('POST', pathOf(version, 'objects', 'contacts/batch/read'), {
      inputs: ours.map(({ email }) => ({ id: email })),
      idProperty: 'email',
      properties: [],
      propertiesWithHistory: [],
    });
    return found.parse(body).results.map(({ id }) => id);
  }

  /** @returns why it is still there, if it is */
  async function removed(wire: Wire, path: string): Promise<string | undefined> {
    const { status } = await wire.call('DELETE', path);
    return status < 300 || status === 404 ? undefined : `answered ${status}`;
  }

  async function removeContact(wire: Wire, version: ApiVersion, id: string): Promise<string[]> {
    const path = (kind: string, of: string) => pathOf(version, 'objects', `${kind}/${of}`);
    const { data } = withNotes.safeParse(
      (await wire.call('GET', `${path('contacts', id)}?associations=notes`)).body,
    );
    for (const note of data?.associations?.notes?.results ?? []) noteIds.add(note.id);
    const left: string[] = [];
    for (const note of noteIds) {
      const why = await removed(wire, path('notes', note));
      if (why === undefined) noteIds.delete(note);
      else left.push(`note ${note}: ${why}`);
    }
    const why = await removed(wire, path('contacts', data?.id ?? id));
    if (why === undefined) contactIds.delete(id);
    else left.push(`contact ${id}: ${why}`);
    return left;
  }

  async function attempt(wire: Wire, version: ApiVersion): Promise<string[]> {
    const left: string[] = [];
    const trying = async (what: string, step: () => Promise<string[]>) => {
      const more = await step().catch((error: unknown) => [`${what}: ${reasonOf(error)}`]);
      left.push(...more);
    };
    const noteFound = async () => {
      for (const id of await lookUp(wire, version)) contactIds.add(id);
      return [];
    };
    await trying('contacts whose answer was lost', noteFound);
    for (const id of [...contactIds]) {
      await trying(`contact ${id}`, () => removeContact(wire, version, id));
    }
    await trying('a last look', async () =>
      (await lookUp(wire, version)).map((id) => `contact ${id}: found again`),
    );
    return left;
  }

  return {
    people,
    person(domain = ownDomain) {
      const name = `wme-live-${runId}-${people.length + 1}`;
      const person = { email: `${name}@${domain}`, username: name };
      people.push(person);
      return person;
    },
    heard({ method, path, status, body }) {
      const kind = CREATES.exec(path)?.[1];
      if (method !== 'POST' || status > 299 || kind === undefined) return;
      const { data } = named.safeParse(body);
      if (data) (kind === 'notes' ? noteIds : contactIds).add(data.id);
    },
    async remove(wire, version) {
      let left: string[] = [];
      for (let round = 0; round < ATTEMPTS; round += 1) {
        left = await attempt(wire, version);
        if (left.length === 0) break;
      }
      return [...new Set(left)];
    },
  };
}

const reasonOf = (error: unknown): string =>
  error instanceof DeliveryError ? error.failure.detail : 'an answer that cannot be read';
