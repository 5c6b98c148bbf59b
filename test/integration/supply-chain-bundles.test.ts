import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { BUNDLES, metafileOf, noticesOf, sbomOf } from '../../supply-chain/bundles.ts';

// What is said of the packages that are in the zips and in the operators' command, against the bundles themselves.

const metafileSchema = z.object({
  outputs: z.record(
    z.string(),
    z.object({ inputs: z.record(z.string(), z.object({ bytesInOutput: z.number() })) }),
  ),
});
const sbomSchema = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.string(),
  metadata: z.object({ component: z.object({ name: z.string(), version: z.string() }) }),
  components: z.array(
    z.object({ group: z.optional(z.string()), name: z.string(), version: z.optional(z.string()) }),
  ),
});
const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

// As its user does; what is not valid by CycloneDX's schema makes it fail.
beforeAll(() => {
  execFileSync(process.execPath, ['supply-chain/sbom.ts'], { stdio: 'ignore' });
});

describe.each(BUNDLES)('%s', (bundle) => {
  const { outputs } = metafileSchema.parse(json(metafileOf(bundle)));
  const inside = Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > 0 && file.includes('node_modules/') ? [file] : [],
    );
  // Another way to the names than the one that the build goes.
  const titles = new Set(
    inside.map((file) => {
      const parts = file.split('node_modules/');
      const [scope = '', name = ''] = parts.at(-1)?.split('/') ?? [];
      const folder = scope.startsWith('@') ? `${scope}/${name}` : scope;
      const { version } = z
        .object({ version: z.string() })
        .parse(json(`${parts.slice(0, -1).join('node_modules/')}node_modules/${folder}/package.json`));
      return `${folder} ${version}`;
    }),
  );

  it('brings along the licence of every package that is in it', () => {
    const notices = readFileSync(noticesOf(bundle), 'utf8');
    expect(titles.size).toBeGreaterThan(10);
    for (const title of titles) expect(notices).toContain(`\n${title} (`);
    expect(notices).toContain('Apache License');
    expect(notices).toContain('Permission is hereby granted');
  });

  it('has a valid CycloneDX bill of materials with every package that is in it', () => {
    const { metadata, components } = sbomSchema.parse(json(sbomOf(bundle)));
    expect(metadata.component).toMatchObject({ name: 'wme-hubspot-sync', version: '1.0.0' });
    const listed = components.map(
      ({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name} ${version}`,
    );
    expect([...titles].filter((title) => !listed.includes(title))).toEqual([]);
    // No development tool has got into it.
    expect(listed.filter((title) => /^(vitest|esbuild|osls) /.test(title))).toEqual([]);
  });
});
