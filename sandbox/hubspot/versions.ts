/** The versions of HubSpot's API that the sandbox speaks: those with a published OpenAPI document. */
export const API_VERSIONS = ['v3', '2026-03', '2026-09'] as const;

/** `v3`, or a date. */
export type ApiVersion = (typeof API_VERSIONS)[number];

/** The parts of the API that the sandbox has. */
export type ApiFamily = 'objects' | 'associations' | 'properties' | 'owners';

/**
 * The path of an operation. The family stands after `v3`, and before a date (HubSpot docs, API versioning).
 *
 * @param rest what follows, without a slash before it: `contacts/123`
 */
export const pathOf = (version: ApiVersion, family: ApiFamily, rest: string): string =>
  version === 'v3' ? `/crm/v3/${family}/${rest}` : `/crm/${family}/${version}/${rest}`;

/** A path taken apart, of any version that HubSpot ever had or will have. */
interface ApiPath {
  version: string;
  family: string;
  /** Without a slash before it, and without the query. */
  rest: string;
}

/** What a path, with a query or without, asks for; undefined where it is none of the API's. */
export function partsOf(path: string | URL): ApiPath | undefined {
  const { pathname } = typeof path === 'string' ? new URL(path, 'http://localhost') : path;
  // Schemas of objects are a family that never stood below /crm (HubSpot docs, object schemas).
  const schemas = /^\/crm-object-schemas\/(?<version>v\d+|\d{4}-\d{2})\/schemas\/(?<rest>.+)$/.exec(pathname);
  if (schemas?.groups) {
    const { version = '', rest = '' } = schemas.groups;
    return { version, family: 'schemas', rest };
  }
  const numbered = /^\/crm\/(?<version>v\d+)\/(?<family>[a-z]+)\/(?<rest>.+)$/.exec(pathname);
  const dated = /^\/crm\/(?<family>[a-z]+)\/(?<version>\d{4}-\d{2})\/(?<rest>.+)$/.exec(pathname);
  const { version, family, rest } = (numbered ?? dated)?.groups ?? {};
  return version && family && rest ? { version, family, rest } : undefined;
}

/** Whether a version is one that the sandbox speaks. */
export const isSpoken = (version: string): version is ApiVersion =>
  API_VERSIONS.some((spoken) => spoken === version);

/** The status of a batch read that found only a part: the documents of 2026-09 have no 207 any more. */
export const statusOfPart = (version: ApiVersion): number => (version === '2026-09' ? 200 : 207);

/** Rules that administrators set hold for writes by the API from here on (HubSpot changelog, write validation). */
export const enforcesRequired = (version: ApiVersion): boolean => version === '2026-09';
