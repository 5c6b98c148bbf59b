import { createHash } from 'node:crypto';

/**
 * Stands for a person wherever the address itself must not appear: SHA-256 of the lower-cased email, in hexadecimal.
 * HubSpot compares addresses without regard to case, so this does too.
 */
export const personHash = (email: string): string =>
  createHash('sha256').update(email.toLowerCase()).digest('hex');

/** What a log line shows of a {@link personHash}: enough to follow one person, too little to find one by. */
export const truncated = (hash: string): string => hash.slice(0, 12);
