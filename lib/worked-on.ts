/** Ten thousand are some megabytes, and hours of a busy queue. */
const KEPT_MAX = 10_000;

/** What was synced for a person. */
export interface Synced {
  email: string;
  username: string;
  verifiedAt: Date;
}

/** What this instance has worked on lately. SQS and Lambda may hand one receive over twice, and letters come back in rows. */
export interface WorkedOn {
  /** Whether the message is among them; from now on it is. */
  seen(messageId: string): boolean;
  /** The person's sign-up that was synced last, if it was here. In any letter case. */
  latestOf(email: string): Synced | undefined;
  synced(signUp: Synced): void;
}

export function workedOn(max = KEPT_MAX): WorkedOn {
  const messages = new Map<string, true>();
  const people = new Map<string, Synced>();

  /** @returns whether it was there before */
  function keep<V>(kept: Map<string, V>, key: string, value: V): boolean {
    const before = kept.delete(key);
    kept.set(key, value);
    if (kept.size > max) {
      const [oldest = key] = kept.keys();
      kept.delete(oldest);
    }
    return before;
  }

  return {
    seen: (messageId) => keep(messages, messageId, true),
    latestOf: (email) => people.get(email.toLowerCase()),
    synced({ email, username, verifiedAt }) {
      keep(people, email.toLowerCase(), { email, username, verifiedAt });
    },
  };
}
