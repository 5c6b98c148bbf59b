import { createHash, createHmac } from 'node:crypto';

/**
 * Stands for a person where messages are grouped: SHA-256 of the lower-cased email, in hexadecimal. HubSpot compares
 * addresses without regard to case, so this does too. Whoever has a list of addresses can undo it: it is no secret.
 */
export const personHash = (email: string): string =>
  createHash('sha256').update(email.toLowerCase()).digest('hex');

/**
 * Stands for a person in logs: the first 12 hexadecimal digits of the HMAC-SHA-256 of the lower-cased email. Enough to
 * follow one person by; without the key, no list of addresses undoes it.
 */
export const personTag = (email: string, key: string): string =>
  createHmac('sha256', key).update(email.toLowerCase()).digest('hex').slice(0, 12);

/** Shorter ones can be guessed. */
const KEY_MIN_CHARACTERS = 32;

/** A stored key without the line end that secrets are often stored with; nothing where it is too short to be one. */
export function usableKey(stored: string | undefined): string | undefined {
  const key = stored?.trim();
  return key !== undefined && key.length >= KEY_MIN_CHARACTERS ? key : undefined;
}
