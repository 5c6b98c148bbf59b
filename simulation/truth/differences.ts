import type { Portal } from '../../sandbox/hubspot/portal.ts';
import { created, patched } from '../../sandbox/ticket-check.ts';
import type { Person, SupportAct, Verification } from '../people/person.ts';
import { gaveWayToEarlier, missingNote, surplusNote, wrongUsername } from './exceptions.ts';
import type { Findings } from './findings.ts';

export interface Judging {
  portal: Portal;
  /** Whether a message of it is still to be worked on, or it waits for an operator. */
  isWaiting(verification: Verification): boolean;
  findings: Findings;
}

/** What HubSpot sets by itself, and what is set when contacts are merged. */
const COMPUTED = new Set(['createdate', 'hs_object_id', 'lastmodifieddate', 'hs_additional_emails']);

const wasSynced = ({ facts }: Verification): boolean => facts.syncedAt.length > 0;
/** It did not come to the queue, and its account was deleted for the next one: nobody can know of it any more. */
const wasNeverTold = (verification: Verification): boolean =>
  verification.facts.published + verification.facts.replays === 0 &&
  verification.person.verifications.at(-1) !== verification;
const isCreation = ({ what }: SupportAct): boolean => what === 'created' || what === 'merged';

/** Compares what HubSpot holds of a person with what it should hold, once nothing of them is under way. */
export function judge(person: Person, { portal, isWaiting, findings }: Judging): void {
  for (const verification of person.verifications) {
    const { number, facts } = verification;
    if (wasSynced(verification) || facts.closed || isWaiting(verification) || wasNeverTold(verification))
      continue;
    const exception = facts.published === 0 ? gaveWayToEarlier(verification) : undefined;
    findings.add('nobody is lost', `verification ${number} is nowhere`, person, exception);
  }

  const card = portal.contactByEmail(person.email);
  const synced = person.verifications.filter(wasSynced);
  const latestSync = Math.max(...synced.flatMap(({ facts }) => facts.syncedAt));
  if (synced.length === 0) {
    if (card !== undefined && card.id !== person.before?.contactId && !person.support.some(isCreation))
      findings.add('nobody verified', 'there is a card', person);
    return;
  }
  if (card === undefined) {
    const removed = person.support.findLast(({ what }) => what.startsWith('deleted'));
    if (removed === undefined || removed.at < latestSync) findings.add('one card', 'there is none', person);
    return;
  }
  judgeUsername(person, card.properties.username ?? null, latestSync, findings);
  if (person.support.length === 0) judgeCard(person, card.properties, findings);
  for (const verification of synced) judgeNotes(verification, findings);
}

/** Of a card that nobody at support has changed. */
function judgeCard(
  person: Person,
  properties: Readonly<Record<string, string | null>>,
  findings: Findings,
): void {
  const due: Readonly<Record<string, string | null>> =
    person.before === undefined
      ? created(person.email.toLowerCase(), '').properties
      : { ...person.before.properties, ...patched('').properties };
  for (const name of new Set([...Object.keys(due), ...Object.keys(properties)])) {
    if (COMPUTED.has(name) || name === 'username') continue;
    const [is, should] = [properties[name] ?? null, due[name] ?? null].map((value) => JSON.stringify(value));
    if (is !== should) findings.add('one card', `${name} is ${is} instead of ${should}`, person);
  }
}

function judgeUsername(
  person: Person,
  username: string | null,
  latestSync: number,
  findings: Findings,
): void {
  const due = person.verifications.filter(wasSynced).at(-1);
  if (due === undefined || username === due.username) return;
  // What somebody at support did while it waited, or since, is theirs to have done.
  const theirs = person.support.filter(({ at }) => at >= due.verifiedAt);
  if (
    theirs.some(({ at, username: given }) => at >= latestSync || (given !== undefined && given === username))
  )
    return;
  const held = person.verifications.find((each) => each.username === username);
  const what = `it is that of ${held === undefined ? 'none' : `verification ${held.number}`} instead of ${due.number}`;
  findings.add('the latest username', what, person, held && wrongUsername(due, held));
}

function judgeNotes(verification: Verification, findings: Findings): void {
  const { facts, number, person } = verification;
  const due = facts.met?.stranger === true ? 1 : 0;
  if (facts.notes === due || (facts.notes === 0 && gaveWay(verification))) return;
  const what = `verification ${number}: ${due} due, ${facts.notes} written`;
  const exception =
    facts.notes < due ? missingNote(verification) : surplusNote(verification, facts.notes - due);
  findings.add('true notes', what, person, exception);
}

/** Somebody at support, or a later sign-up, had set another username before it was done: then there is nothing to note. */
function gaveWay({ person, verifiedAt, facts }: Verification): boolean {
  const doneAt = Math.max(...facts.syncedAt);
  const isBefore = (at: number) => at >= verifiedAt && at <= doneAt;
  return (
    facts.outcomes.includes('superseded') &&
    (person.support.some(({ what, at }) => what === 'username' && isBefore(at)) ||
      person.verifications.some(
        (other) => other.verifiedAt > verifiedAt && other.facts.syncedAt.some(isBefore),
      ))
  );
}
