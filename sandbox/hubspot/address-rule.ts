import { parse } from 'tldts';

/** RFC 2822, "dot-atom": no quotation marks, no dot at either end and no two in a row. */
const LOCAL_PART = /^[^\s@"(),.:;<>[\\\]]+(\.[^\s@"(),.:;<>[\\\]]+)*$/;
const DOMAIN = /^[^\s@.]+(\.[^\s@.]+)+$/;

/**
 * Whether HubSpot takes an address: stricter than Cognito, and than mail itself. Local parts in quotation marks and
 * domains whose last label is not on IANA's list of top-level domains are refused (HubSpot docs, validation of email
 * addresses).
 */
export function isAddress(email: string): boolean {
  const at = email.lastIndexOf('@');
  const domain = email.slice(at + 1);
  return LOCAL_PART.test(email.slice(0, at)) && DOMAIN.test(domain) && parse(domain).isIcann === true;
}
