/** Which contact holds which address, and which ones HubSpot will never take again. In any case. */
export interface Addresses {
  /** @returns the address as HubSpot keeps it. @throws Error when another contact has it. */
  hold(contactId: string, email: string): string;
  free(email: string): void;
  /** For good, as after a deletion under the GDPR. */
  block(email: string): void;
  isBlocked(email: string): boolean;
  holderOf(email: string): string | undefined;
  /** Every address that a contact has ever had. */
  everOf(contactId: string): string[];
  clear(): void;
}

/** All addresses are free. */
export function createAddresses(): Addresses {
  const holders = new Map<string, string>();
  const ever = new Map<string, string[]>();
  const blocked = new Set<string>();
  return {
    hold(contactId, email) {
      const address = email.toLowerCase();
      const holder = holders.get(address);
      if (holder !== undefined && holder !== contactId) {
        throw new Error(`Contact ${holder} has this address already`);
      }
      holders.set(address, contactId);
      const had = ever.get(contactId);
      if (had === undefined) ever.set(contactId, [address]);
      else if (!had.includes(address)) had.push(address);
      return address;
    },
    free: (email) => void holders.delete(email.toLowerCase()),
    block: (email) => void blocked.add(email.toLowerCase()),
    isBlocked: (email) => blocked.has(email.toLowerCase()),
    holderOf: (email) => holders.get(email.toLowerCase()),
    everOf: (contactId) => [...(ever.get(contactId) ?? [])],
    clear() {
      for (const data of [holders, ever, blocked]) data.clear();
    },
  };
}
