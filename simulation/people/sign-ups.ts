import type { Chance } from '../chance.ts';
import { DAY_MS, HOUR_MS, type World } from '../world.ts';
import type { CardBefore, Person, Verification } from './person.ts';

export interface SignUpsOptions {
  /** Until then people sign up. */
  until: number;
  perDay: number;
  /** So many sign-ups, within an hour each time. */
  bursts: number;
  burstOf: number;
}

const WEEKEND = 0.45;
const A_YEAR_MS = 365 * DAY_MS;

/** How often each kind of person and each turn of events comes about. */
const SHARES = {
  cardBefore: 0.04,
  secondAddress: 0.15,
  manyNotes: 0.03,
  otherCase: 0.05,
  refusedAddress: 0.001,
  again: 0.02,
  repeatedSoon: 0.003,
  repeatedLate: 0.000_5,
};
const PASSWORD_RESETS_A_DAY = 3;
const ADMIN_CONFIRMATIONS_A_DAY = 0.5;
const FOREIGN_MESSAGES_A_DAY = 1 / 45;
const REPEATED_SOON_MS = [2_000, 60_000] as const;
const REPEATED_LATE_MS = [6 * 60_000, 40 * 60_000] as const;
/** When somebody deletes their account and signs up again: seconds later, or months. */
const AGAIN_AFTER_MS = [20_000, 120_000, 600_000, 2 * HOUR_MS, DAY_MS, 30 * DAY_MS] as const;
/** To delete an account, sign up, and type the code from another mail. */
const SOONEST_AGAIN_MS = 15_000;
const MANY_NOTES = 140;
const NEVER_CONFIRMED_A_DAY = 8;
/** From the making of an account to the code that was right. Some search their mail for days. */
const CONFIRMED_AFTER_MS = [20_000, 10 * 60_000] as const;
const SLOWLY = 0.02;
const CONFIRMED_SLOWLY_MS = [HOUR_MS, 20 * DAY_MS] as const;
/** To delete an account and to make the next. */
const DELETED_AFTER_MS = 5_000;

/** Most people sign up in the afternoon (UTC), and fewer at weekends. From 0 to 1. */
function rhythm(time: number): number {
  const hour = (time % DAY_MS) / HOUR_MS;
  const weekday = new Date(time).getUTCDay();
  const day = 0.15 + 0.85 * Math.max(0, Math.sin(((hour - 5) / 19) * Math.PI)) ** 2;
  return weekday === 0 || weekday === 6 ? day * WEEKEND : day;
}

/** The rhythm's mean over a week, found by looking. */
const MEAN_RHYTHM =
  Array.from({ length: 7 * 24 }, (_, hour) => rhythm(hour * HOUR_MS)).reduce((a, b) => a + b) / (7 * 24);

/** Cognito's event for a sign-up whose code was right. */
export const accountOf = (
  { person, username, sub }: Pick<Verification, 'person' | 'username' | 'sub'>,
  more: Record<string, string> = {},
) => ({
  triggerSource: 'PostConfirmation_ConfirmSignUp',
  userName: username,
  request: {
    userAttributes: {
      sub,
      email: person.email,
      email_verified: 'true',
      'custom:username': username,
      ...more,
    },
  },
  response: {},
});

const SCRIPTS = [
  'User',
  'Пользователь',
  '用户',
  'مستخدم',
  'ユーザー',
  'Ｕser 🦉',
  "O'Neil & <b>",
  'a\uFFFEb',
];

/** In some script or other, never the same for two accounts, and with a sign that log lines can be searched for. */
export const usernameOf = (person: Person, number: number): string =>
  `${SCRIPTS[person.number % SCRIPTS.length]} ~${person.number}.${number}`;

/** A card that support has had for a long time. */
export function makeCard(world: World, email: string, chance: Chance): CardBefore {
  const { portal } = world.account;
  const createdAt = world.timeline.now() - A_YEAR_MS * chance.between(0.1, 3);
  const elsewhere = chance.happens(SHARES.secondAddress);
  const card = portal.createContact(
    { email: elsewhere ? `other-${email}` : email, firstname: 'Ada', lead_source_type: 'Webinar' },
    { createdAt },
  );
  if (elsewhere) portal.addSecondaryEmail(card.id, email);
  const notes = chance.happens(SHARES.manyNotes) ? MANY_NOTES : chance.whole(0, 2);
  for (let note = 1; note <= notes; note += 1) {
    const at = createdAt + note;
    portal.addNote(
      card.id,
      { hs_note_body: `Call ${note}`, hs_timestamp: new Date(at).toISOString() },
      { createdAt: at },
    );
  }
  return { contactId: card.id, properties: { ...card.properties }, notes };
}

/** People sign up, day and night, and whatever else makes Cognito call the trigger. */
export function startSignUps(world: World, { until, perDay, bursts, burstOf }: SignUpsOptions) {
  const { timeline, registry, confirm, pool } = world;
  const chance = world.chanceOf('people');
  const accountChance = world.chanceOf('accounts');
  const startsAt = timeline.now();

  function trigger(verification: Verification): void {
    confirm(accountOf(verification), (confirmed) => {
      if (!confirmed) world.count('a confirmation failed for its person');
      world.chronicle.tell(
        verification.person,
        () => `Cognito: ${confirmed ? 'confirmed' : 'the trigger failed'}`,
      );
    });
  }

  /** One address has one account: whoever signs up again has deleted theirs. */
  function enterPool({ person, username, sub, facts }: Verification, before: Verification | undefined): void {
    const afterMs = accountChance.between(
      ...(accountChance.happens(SLOWLY) ? CONFIRMED_SLOWLY_MS : CONFIRMED_AFTER_MS),
    );
    const earliest = before === undefined ? 0 : before.verifiedAt + DELETED_AFTER_MS;
    const createdAt = Math.max(timeline.now() - afterMs, earliest);
    facts.accountMadeAt = createdAt;
    if (before !== undefined) pool.remove(before.sub);
    pool.add({ sub, email: person.email, username, createdAt, status: 'CONFIRMED', isVerified: true });
  }

  function verify(person: Person): void {
    const before = person.verifications.at(-1);
    const number = person.verifications.length + 1;
    const verification = registry.verify(person, usernameOf(person, number), timeline.now());
    verification.facts.statedAt = timeline.now();
    enterPool(verification, before);
    world.chronicle.tell(person, () => `verifies ${person.email} as "${verification.username}"`);
    trigger(verification);
    if (chance.happens(SHARES.repeatedSoon)) {
      world.count('the trigger is repeated within a minute');
      timeline.after(chance.between(...REPEATED_SOON_MS), () => trigger(verification));
    } else if (chance.happens(SHARES.repeatedLate)) {
      world.count('the trigger is repeated after minutes');
      verification.facts.repeatedLate = true;
      timeline.after(chance.between(...REPEATED_LATE_MS), () => trigger(verification));
    }
    if (chance.happens(SHARES.again)) {
      world.count('somebody signs up again');
      timeline.after(SOONEST_AGAIN_MS + chance.wait(chance.pick(AGAIN_AFTER_MS)), () => {
        if (timeline.now() < until) verify(person);
      });
    }
  }

  function somebodyNew(): Person {
    const number = registry.people().length + 1;
    if (chance.happens(SHARES.refusedAddress)) {
      const email = chance.pick([`"person ${number}"`.replace(' ', '.'), `person..${number}`]);
      return registry.add({ email: `${email}@example.org`, isTaken: false });
    }
    const plain = `person-${number}@example.org`;
    const before = chance.happens(SHARES.cardBefore) ? makeCard(world, plain, chance) : undefined;
    const email = chance.happens(SHARES.otherCase) ? plain.replace('person', 'Person') : plain;
    return registry.add({ email, before });
  }

  /** By thinning: as many as at the busiest hour come to the door, and the rhythm lets some in. */
  function nextSignUp(): void {
    timeline.after(chance.wait((DAY_MS * MEAN_RHYTHM) / perDay), () => {
      if (timeline.now() >= until) return;
      if (chance.happens(rhythm(timeline.now()))) verify(somebodyNew());
      nextSignUp();
    });
  }

  function nowAndThen(perDayOnes: number, act: () => void): void {
    timeline.after(chance.wait(DAY_MS / perDayOnes), () => {
      if (timeline.now() >= until) return;
      act();
      nowAndThen(perDayOnes, act);
    });
  }

  nextSignUp();
  for (let burst = 0; burst < bursts; burst += 1) {
    const at = startsAt + ((burst + chance.between(0.2, 0.8)) / bursts) * (until - startsAt);
    for (let each = 0; each < burstOf; each += 1)
      timeline.at(Math.min(at + chance.between(0, HOUR_MS), until - 1), () => verify(somebodyNew()));
  }

  const ignored = (): void => {};
  nowAndThen(PASSWORD_RESETS_A_DAY, () => {
    const somebody = registry.people()[chance.whole(0, registry.people().length - 1)]?.verifications.at(-1);
    if (somebody === undefined) return;
    pool.touch(somebody.sub);
    confirm({ ...accountOf(somebody), triggerSource: 'PostConfirmation_ConfirmForgotPassword' }, ignored);
  });
  function unverified(what: string, status: 'CONFIRMED' | 'UNCONFIRMED') {
    const person = registry.add({ email: `${what}-${registry.people().length + 1}@example.org` });
    const account = { person, username: usernameOf(person, 1), sub: `${what}-${person.number}` };
    const createdAt = timeline.now();
    pool.add({ ...account, email: person.email, createdAt, status, isVerified: false });
    return account;
  }
  nowAndThen(NEVER_CONFIRMED_A_DAY, () => {
    unverified('unconfirmed', 'UNCONFIRMED');
    world.count('somebody never confirms');
  });
  nowAndThen(ADMIN_CONFIRMATIONS_A_DAY, () => {
    const account = unverified('unverified', 'CONFIRMED');
    confirm(accountOf(account, { email_verified: 'false' }), ignored);
    world.count('an administrator confirms somebody unverified');
  });
  nowAndThen(FOREIGN_MESSAGES_A_DAY, () => {
    world.count('a message that is none of ours');
    world.queue.send({
      body: chance.pick(['{"email":"someone@example.org"}', 'hello', '{}', '[1,2]']),
      groupId: world.newId(),
      deduplicationId: world.newId(),
      attributes: {},
    });
    world.wakeGauges();
  });
}
