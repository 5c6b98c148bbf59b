import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { BUNDLES, metafileOf, sbomOf } from './bundles.ts';

/*
 * Writes a CycloneDX bill of materials for each bundle, of what esbuild says is in it: `npm run sbom`. Refused is what is
 * not valid by CycloneDX's own schema.
 */
mkdirSync('dist/sbom', { recursive: true });
for (const bundle of BUNDLES) {
  const options = [
    '--validate',
    '--output-reproducible',
    '--output-file',
    sbomOf(bundle),
    metafileOf(bundle),
  ];
  execFileSync('node_modules/.bin/cyclonedx-esbuild', options, { stdio: ['ignore', 'ignore', 'inherit'] });
  process.stdout.write(`${sbomOf(bundle)}\n`);
}
