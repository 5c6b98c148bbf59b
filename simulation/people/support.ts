import { DAY_MS, type World } from '../world.ts';
import type { Person, SupportAct } from './person.ts';

const ACTS_A_DAY = 5;
/** One act in so many is for somebody whose sign-up is under way. */
const WAITING = 0.4;
const RECENT = 200;

/** People at support do their work on the cards. */
export function startSupport(world: World, until: number): void {
  const { timeline, registry, account, queue } = world;
  const { portal } = account;
  const chance = world.chanceOf('support');

  function somebody(): Person | undefined {
    const people = registry.people();
    if (chance.happens(WAITING) && queue.depth().oldestSentAt !== undefined) {
      const waiting = queue.peekAll().flatMap(({ body }) => world.verificationOf(body)?.person ?? []);
      if (waiting.length > 0) return chance.pick(waiting);
    }
    return people[Math.max(0, people.length - chance.whole(1, RECENT))];
  }

  function act(person: Person): SupportAct['what'] | undefined {
    const card = portal.contactByEmail(person.email);
    if (card === undefined) {
      if (!person.isTaken || portal.isBlocked(person.email)) return undefined;
      const created = portal.createContact({ email: person.email, firstname: 'Ada' });
      registry.belongsTo(created.id, person);
      return 'created';
    }
    const what = chance.pick([
      'username',
      'username',
      'lead source',
      'note deleted',
      'merged',
      'deleted',
      'deleted for good',
    ] as const);
    switch (what) {
      case 'username':
        portal.updateContact(card.id, { username: `by hand ${person.number}` });
        return what;
      case 'lead source':
        portal.updateContact(card.id, { lead_source_type: 'Referral' });
        return what;
      case 'note deleted': {
        const note = portal.notesOf(card.id).at(-1);
        if (note === undefined) return undefined;
        portal.deleteNote(note.id);
        return what;
      }
      case 'merged': {
        const survivor = portal.createContact({ email: `survivor-${world.newId()}@example.org` });
        portal.merge(card.id, survivor.id, { goneAnswers: account.settings.mergedIds });
        registry.belongsTo(survivor.id, person);
        return what;
      }
      case 'deleted':
        portal.archiveContact(card.id);
        return what;
      case 'deleted for good':
        portal.gdprDelete(card.id);
        return what;
    }
  }

  function next(): void {
    timeline.after(chance.wait(DAY_MS / ACTS_A_DAY), () => {
      if (timeline.now() >= until) return;
      const person = somebody();
      const what = person && act(person);
      if (person !== undefined && what !== undefined) {
        world.count(`support: ${what}`);
        registry.note(person, {
          at: timeline.now(),
          what,
          ...(what === 'username' && { username: `by hand ${person.number}` }),
        });
        world.chronicle.tell(person, () => `support: ${what}`);
      }
      next();
    });
  }
  next();
}
