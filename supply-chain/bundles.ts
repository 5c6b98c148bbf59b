/** What is passed on: the zips of the functions, and the operators' command. Each has the code of others in it. */
export const BUNDLES = ['sync-contact', 'publish-verification', 'reconcile', 'ops'] as const;

export type Bundle = (typeof BUNDLES)[number];

/** What esbuild says of a bundle: which code of which files is in it. Kept beside the bundles, and not passed on. */
export const metafileOf = (bundle: Bundle): string => `dist/metafiles/${bundle}.json`;

/** Whose code is in a bundle, and under which licences. In each zip. */
export const noticesOf = (bundle: Bundle): string => `dist/${bundle}/THIRD-PARTY-NOTICES.txt`;

export const sbomOf = (bundle: Bundle): string => `dist/sbom/${bundle}.cdx.json`;
