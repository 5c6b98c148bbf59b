import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as z from 'zod';

/*
 * What `npm ci` installs. lockfile-lint passes a lockfile that says of no package where it comes from; so this looks
 * at every one.
 */

const lockfile = z
  .object({
    lockfileVersion: z.literal(3),
    packages: z.record(
      z.string(),
      z.object({
        resolved: z.optional(z.string()),
        integrity: z.optional(z.string()),
        dependencies: z.optional(z.record(z.string(), z.string())),
        devDependencies: z.optional(z.record(z.string(), z.string())),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));

const { '': project, ...packages } = lockfile.packages;

it('names for every package a file of the public registry, and what has to be in it', () => {
  const problems = Object.entries(packages).flatMap(
    ([path, { resolved = 'nothing', integrity = 'nothing' }]) => [
      ...(resolved.startsWith('https://registry.npmjs.org/') ? [] : [`${path} comes from ${resolved}`]),
      ...(/^sha512-[\w+/]{86}==$/.test(integrity) ? [] : [`${path} has ${integrity} as its checksum`]),
    ],
  );
  expect(Object.keys(packages).length).toBeGreaterThan(100);
  expect(problems).toEqual([]);
});

it('and the project asks for exact versions only', () => {
  const asked = Object.entries({ ...project?.dependencies, ...project?.devDependencies });
  expect(asked.length).toBeGreaterThan(40);
  expect(asked.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});
