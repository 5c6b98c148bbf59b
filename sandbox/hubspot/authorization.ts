/** What the journal keeps of an `Authorization` header. */
export type Authorization = 'right' | 'wrong' | 'malformed';

/** A token as RFC 6750 has it: one that was pasted with quotation marks, or twice, is none. */
const BEARER = /^Bearer [\w.~+/-]+=*$/;

/** @param header as it came, if it came */
export function judge(header: string | undefined, accessToken: string): Authorization | undefined {
  if (header === undefined) return undefined;
  if (header === `Bearer ${accessToken}`) return 'right';
  return BEARER.test(header) ? 'wrong' : 'malformed';
}
