import * as z from 'zod/mini';
import type { Answer } from '../../sandbox/hubspot/answers.ts';
import type { Portal } from '../../sandbox/hubspot/portal.ts';
import type { Person, Verification } from '../people/person.ts';
import type { Registry } from '../people/registry.ts';
import type { Host } from '../time/host.ts';
import type { Timeline } from '../time/timeline.ts';
import type { Findings } from './findings.ts';

/** A call to HubSpot, and for whom it is made. */
export interface CrmCall {
  kind: 'create' | 'update' | 'note' | 'read';
  host: Host;
  contactId: string | undefined;
  person: Person | undefined;
  verification: Verification | undefined;
  /** Of a note. */
  timestamp: string | undefined;
}

/** Knows what calls have done to HubSpot, and for which verification: what no answer tells the service. */
export interface Effects {
  callOf(host: Host, method: string, path: string, body: string | undefined): CrmCall;
  /** @param late the caller may have given it up by then */
  applied(call: CrmCall, answer: Answer, options: { late: boolean }): void;
}

const bodySchema = z.object({
  properties: z.optional(
    z.object({
      email: z.optional(z.string()),
      username: z.optional(z.string()),
      hs_timestamp: z.optional(z.string()),
    }),
  ),
  associations: z.optional(z.array(z.object({ to: z.object({ id: z.string() }) }))),
});

const answerSchema = z.object({
  id: z.optional(z.string()),
  message: z.optional(z.string()),
  updatedAt: z.optional(z.string()),
});

const contactPath = /\/contacts\/(\d+)(?:\?|$)/;

export interface EffectsOptions {
  timeline: Timeline;
  registry: Registry;
  findings: Findings;
  portal: Portal;
}

export function createEffects({ timeline, registry, findings, portal }: EffectsOptions): Effects {
  /** Of each contact, for whom an instance updated it last, and when HubSpot says that it did. */
  const updates = new Map<string, { verification: Verification | undefined; moments: Set<string> }>();

  function met({ verification }: CrmCall, contactId: string, stranger: boolean): void {
    if (verification === undefined) return;
    // Whoever makes a card meets nobody, also where one that was there has been deleted meanwhile.
    if (!stranger) verification.facts.met = undefined;
    verification.facts.met ??= { at: timeline.now(), stranger, contactId };
  }

  /** A delivery that had a reason to look leaves alone what people at support have set since the verification. */
  function judgeUpdate({ contactId, person, verification }: CrmCall): void {
    const [now, before] = portal.contact(contactId ?? '')?.history.username ?? [];
    if (now === undefined || before === undefined || verification === undefined) return;
    const { facts, verifiedAt } = verification;
    const isNew = now.timestamp.getTime() === timeline.now() || now.value === verification.username;
    if (!isNew || before.sourceType !== 'CRM_UI' || before.timestamp.getTime() <= verifiedAt) return;
    if (
      facts.redelivered &&
      // Of a repeat, the service cannot know that it is none of its own.
      !facts.repeatedLate &&
      facts.handedElsewhere === 0 &&
      (facts.firstDeliveredAt ?? Number.POSITIVE_INFINITY) < before.timestamp.getTime()
    )
      findings.add('the latest username', 'what was set by hand was overwritten', person);
  }

  return {
    callOf(host, method, path, body) {
      const read: CrmCall = {
        kind: 'read',
        host,
        contactId: contactPath.exec(path)?.[1],
        person: undefined,
        verification: undefined,
        timestamp: undefined,
      };
      if (method === 'GET' || path.endsWith('/read'))
        return {
          ...read,
          person: read.contactId === undefined ? undefined : registry.byContact(read.contactId),
        };
      const { properties, associations } = bodySchema.parse(JSON.parse(body ?? '{}'));
      if (path.endsWith('/notes')) {
        const contactId = associations?.[0]?.to.id;
        const update = contactId === undefined ? undefined : updates.get(contactId);
        return {
          ...read,
          kind: 'note',
          contactId,
          person: contactId === undefined ? undefined : registry.byContact(contactId),
          verification: update?.verification,
          timestamp: properties?.hs_timestamp,
        };
      }
      const verification = registry.byUsername(properties?.username ?? '');
      const kind = method === 'PATCH' ? 'update' : 'create';
      // Whoever has verified nothing may be written to all the same, and must not.
      const person = verification?.person ?? registry.byEmail(properties?.email ?? '');
      return { ...read, kind, verification, person };
    },

    applied(call, { status, body }, { late }) {
      const { kind, verification, person } = call;
      if (verification !== undefined && late && kind === 'note') verification.facts.lateNotes += 1;
      if (person !== undefined) registry.touch(person);
      const answer = answerSchema.safeParse(body).data ?? {};
      if (kind === 'create' && status === 201 && answer.id !== undefined && person !== undefined) {
        registry.belongsTo(answer.id, person);
        met(call, answer.id, false);
      }
      if (kind === 'create' && status === 409) {
        const contactId = /Existing ID: (\d+)/.exec(answer.message ?? '')?.[1];
        if (contactId !== undefined && person !== undefined) {
          registry.belongsTo(contactId, person);
          met(call, contactId, true);
        }
      }
      if (kind === 'update' && status === 200 && call.contactId !== undefined) {
        if (!late) judgeUpdate(call);
        const update = updates.get(call.contactId) ?? { verification, moments: new Set() };
        update.verification = verification;
        if (answer.updatedAt !== undefined) update.moments.add(answer.updatedAt);
        updates.set(call.contactId, update);
      }
      if (kind === 'note' && status === 201) {
        if (verification !== undefined) verification.facts.notes += 1;
        const moments = updates.get(call.contactId ?? '')?.moments;
        if (call.timestamp === undefined || moments?.has(call.timestamp) !== true)
          findings.add('note of its update', `a note is dated ${call.timestamp}`, person);
      }
    },
  };
}
