/** The version of HubSpot's API that paths are written under: `v3`, or a date such as `2026-09`. */
export const API_VERSION = /^(v3|\d{4}-\d{2})$/;

/** What the SDK's generated modules write, whichever version is wanted: objects under `v3`, associations under `v4`. */
const WRITTEN = /\/crm\/v[34]\/(objects|associations)\//;

/**
 * A URL as the SDK has written it, under the wanted version: the family of the API comes after `v3`, and before a date
 * (HubSpot docs, API versioning: `/crm/v3/objects/contacts`, `/crm/objects/2026-09/contacts`).
 */
export const underVersion = (url: string, version: string): string =>
  version === 'v3'
    ? url.replace('/crm/v4/associations/', '/crm/v3/associations/')
    : url.replace(WRITTEN, `/crm/$1/${version}/`);
