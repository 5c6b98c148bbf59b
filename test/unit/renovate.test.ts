import { readFileSync } from 'node:fs';
import { matchesGlob } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

// What is updated together, against what there is.

const { packageRules: rules } = z
  .object({
    packageRules: z.array(
      z.looseObject({
        groupName: z.optional(z.string()),
        matchPackageNames: z.array(z.string()).min(1),
        allowedVersions: z.optional(z.string()),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync('renovate.json', 'utf8')));
const { dependencies, devDependencies, engines } = z
  .object({
    dependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
    engines: z.object({ node: z.string() }),
  })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

const versions: Record<string, string> = { ...dependencies, ...devDependencies };
const names = Object.keys(versions);
const matches = (patterns: readonly string[], name: string) =>
  patterns.some((pattern) => matchesGlob(name, pattern));
const groupOf = (name: string) =>
  rules.find(({ groupName, matchPackageNames }) => groupName && matches(matchPackageNames, name))?.groupName;

it('no rule is for a package that is gone', () => {
  const idle = rules
    .flatMap(({ matchPackageNames }) => matchPackageNames)
    .filter((pattern) => !names.some((name) => matchesGlob(name, pattern)));
  expect(idle).toEqual([]);
});

it('no package is in two groups', () => {
  const twice = names.filter(
    (name) =>
      rules.filter(({ groupName, matchPackageNames }) => groupName && matches(matchPackageNames, name))
        .length > 1,
  );
  expect(twice).toEqual([]);
});

describe('what must move together', () => {
  it('packages of one family are in one group', () => {
    // Types of unrelated packages have a scope in common and nothing else.
    const families = Object.groupBy(
      names.filter((name) => name.startsWith('@') && !name.startsWith('@types/')),
      (name) => name.split('/')[0] ?? '',
    );
    const split = Object.entries(families)
      .filter(([, members = []]) => members.length > 1)
      .filter(
        ([, members = []]) =>
          new Set(members.map(groupOf)).size > 1 || groupOf(members[0] ?? '') === undefined,
      );
    expect(split).toEqual([]);
  });

  it('types are with what they are of', () => {
    const apart = names
      .filter((name) => name.startsWith('@types/'))
      .map((types): [string, string] => [types, types.slice('@types/'.length)])
      .filter(([types, of]) => names.includes(of) && groupOf(types) !== groupOf(of));
    expect(apart).toEqual([]);
  });

  it('Powertools and Stryker are of one version each', () => {
    for (const family of ['@aws-lambda-powertools/', '@stryker-mutator/']) {
      const members = names.filter((name) => name.startsWith(family));
      expect(members.length).toBeGreaterThan(1);
      expect(new Set(members.map((name) => versions[name])).size).toBe(1);
    }
  });

  it('Node.js is that of Lambda wherever it is named', () => {
    const lambda = /runtime: nodejs(\d+)\.x/.exec(readFileSync('serverless.yml', 'utf8'))?.[1];
    const target = /target: 'node(\d+)'/.exec(readFileSync('esbuild.config.mjs', 'utf8'))?.[1];
    expect(lambda).toMatch(/^\d+$/);
    expect(target).toBe(lambda);
    expect(engines.node).toBe(`>=${lambda}`);
    for (const name of ['node', '@types/node']) expect(versions[name]?.split('.')[0]).toBe(lambda);
    const [rule] = rules.filter(({ matchPackageNames }) => matches(matchPackageNames, 'node'));
    expect(rule?.allowedVersions).toBe(`<${Number(lambda) + 1}`);
  });
});
