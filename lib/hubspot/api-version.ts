/** The version of HubSpot's API that paths are written under: `v3`, or a date such as `2026-09`. */
export const API_VERSION = /^(v3|\d{4}-\d{2})$/;

/** The versions that the SDK's generated modules write, whichever is wanted. */
const WRITTEN = /\/crm\/v[34]\/(objects|associations)\//;

/**
 * A URL as the SDK has written it, under the wanted version: the family of the API comes after `v3`, and before a date
 * (HubSpot docs, API versioning: `/crm/v3/objects/contacts`, `/crm/objects/2026-09/contacts`).
 */
export const underVersion = (url: string, version: string): string =>
  url.replace(WRITTEN, version === 'v3' ? '/crm/v3/$1/' : `/crm/$1/${version}/`);
