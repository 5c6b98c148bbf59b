/** Ten thousand IDs are about a megabyte, and hours of a busy queue. */
const MESSAGES_MAX = 10_000;

/** The messages that this instance has worked on lately. SQS and Lambda may hand one receive over twice. */
export interface WorkedOn {
  /** Whether the message is among them; from now on it is. */
  seen(messageId: string): boolean;
}

export function workedOn(max = MESSAGES_MAX): WorkedOn {
  const messageIds = new Set<string>();
  return {
    seen(messageId) {
      const before = messageIds.delete(messageId);
      messageIds.add(messageId);
      const [oldest] = messageIds;
      if (messageIds.size > max && oldest !== undefined) messageIds.delete(oldest);
      return before;
    },
  };
}
