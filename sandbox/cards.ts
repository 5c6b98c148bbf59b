import * as z from 'zod/mini';
import type { Call } from './hubspot/journal.ts';
import type { Portal } from './hubspot/portal.ts';
import type { Properties } from './hubspot/properties.ts';
import type { CallPhase } from './hubspot/sandbox.ts';
import { partsOf } from './hubspot/versions.ts';
import { created, noted, patched } from './ticket-check.ts';

/** A contact card as it stood before its person signed up. */
export interface CardBefore {
  readonly id: string;
  readonly properties: Properties;
  readonly noteIds: ReadonlySet<string>;
}

/** One verified sign-up; `before` is undefined where the person was new to the CRM. */
export interface SignedUp {
  readonly email: string;
  readonly username: string;
  readonly before: CardBefore | undefined;
}

export function cardBefore(portal: Portal, email: string): CardBefore | undefined {
  const card = portal.contactByEmail(email);
  if (card === undefined) return undefined;
  const noteIds = new Set(portal.notesOf(card.id).map(({ id }) => id));
  return { id: card.id, properties: { ...card.properties }, noteIds };
}

const noteBodySchema = z.object({ associations: z.array(z.object({ to: z.object({ id: z.string() }) })) });

/** What HubSpot sets by itself. */
const COMPUTED = new Set(['createdate', 'hs_object_id', 'lastmodifieddate']);

const differing = (actual: Properties, due: Properties): string[] =>
  Object.entries(due)
    .filter(([name, value]) => (actual[name] ?? null) !== value)
    .map(
      ([name, value]) =>
        `${name} is ${JSON.stringify(actual[name] ?? null)} instead of ${JSON.stringify(value)}`,
    );

/**
 * Watches the updates of cards go by, and compares cards with what should be on them: one card, the ticket's values, a
 * note if and only if the card was there before, and on it the moment of the update that it reports.
 */
export function watchCards(portal: Portal) {
  const latestUpdate = new Map<string, string>();
  /** Of each of our notes, oldest first: the latest update of the card at that time. */
  const reported = new Map<string, string[]>();

  function notesDifferences(cardId: string, { before }: SignedUp): string[] {
    const notes = portal.notesOf(cardId);
    const written = notes.filter(({ id }) => !before?.noteIds.has(id));
    const due = before === undefined ? 0 : 1;
    const wrong = written.length === due ? [] : [`${due} notes were due, ${written.length} were written`];
    if (notes.length - written.length !== (before?.noteIds.size ?? 0)) wrong.push('an older note is gone');
    const updates = reported.get(cardId)?.slice(-written.length) ?? [];
    for (const [index, { properties }] of written.entries()) {
      const expected = noted(cardId, updates[index] ?? 'that of no update').properties;
      wrong.push(...differing(properties, expected).map((difference) => `a note's ${difference}`));
    }
    return wrong;
  }

  return {
    /** For `onCall`. */
    see({ method, path, body }: Call, phase: CallPhase): void {
      if (phase !== 'applied') return;
      const updated = method === 'PATCH' ? /\/contacts\/(\d+)$/.exec(path)?.[1] : undefined;
      const card = updated === undefined ? undefined : portal.contact(updated);
      if (card !== undefined) latestUpdate.set(card.id, card.updatedAt.toISOString());
      if (method !== 'POST' || partsOf(path)?.rest !== 'notes') return;
      for (const { to } of noteBodySchema.parse(JSON.parse(body)).associations) {
        const id = portal.contact(to.id)?.id ?? to.id;
        reported.set(id, [...(reported.get(id) ?? []), latestUpdate.get(id) ?? '']);
      }
    },

    /** In words, what is wrong with the card of one sign-up; nothing when all is well. */
    differences(person: SignedUp): string[] {
      const { email, username, before } = person;
      const card = portal.contactByEmail(email);
      if (card === undefined) return ['there is no card'];
      if (before !== undefined && before.id !== card.id)
        return ['another card has taken the place of the one before'];
      const due: Properties =
        before === undefined
          ? created(email.toLowerCase(), username).properties
          : { ...before.properties, ...patched(username).properties };
      const properties = Object.fromEntries(
        Object.entries(card.properties).filter(([name]) => !COMPUTED.has(name)),
      );
      const wrong = differing(
        properties,
        Object.fromEntries(Object.entries(due).filter(([name]) => !COMPUTED.has(name))),
      );
      const surplus = Object.keys(properties).filter((name) => !(name in due));
      if (surplus.length > 0) wrong.push(`${surplus.join(', ')} should not be set`);
      return [...wrong, ...notesDifferences(card.id, person)];
    },
  };
}
