import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import * as z from 'zod/mini';

/** Licences that ask for no more than that they are passed on with the code. Any other one is for a person to judge. */
const PERMISSIVE: ReadonlySet<string> = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
]);

/** A package of other people, some of whose code is in a bundle. */
export interface BundledPackage {
  /** Where it is, from the project's folder on. */
  folder: string;
  name: string;
  version: string;
  /** As package.json has it: an SPDX identifier, if all is well. */
  license: string;
  author: string;
  /** Its licence and its NOTICE, as they are in the package. Empty if it brings none. */
  texts: string[];
}

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z._default(z.string(), 'none'),
  author: z.optional(z.union([z.string(), z.object({ name: z.string() })])),
});

function readPackage(folder: string): BundledPackage {
  const { name, version, license, author } = manifestSchema.parse(
    JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
  );
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)([.-]|$)/i.test(file))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim());
  const by = typeof author === 'object' ? author.name : author;
  return { folder, name, version, license, author: by ?? `the authors of ${name}`, texts };
}

/** The packages whose code is in what esbuild wrote, in the order of their names. */
export function bundledPackages({ outputs }: Pick<Metafile, 'outputs'>): BundledPackage[] {
  const folders = Object.values(outputs)
    .flatMap(({ inputs }) => Object.keys(inputs))
    // The last node_modules: packages have packages in them.
    .flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []);
  const packages = [...new Set(folders)].map(readPackage);
  const key = ({ name, version }: BundledPackage) => `${name}@${version}`;
  const byKey = new Map(packages.map((each) => [key(each), each]));
  return [...byKey.values()].toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

/**
 * The text of a licence that a package names and does not bring along. Undefined where the text is not known.
 *
 * @param mit this project's own licence
 */
function usualText({ license, author }: BundledPackage, others: readonly BundledPackage[], mit: string) {
  if (license === 'MIT-0') return 'MIT No Attribution: it asks for no text to be passed on.';
  if (license === 'MIT') return mit.trim().replace(/^Copyright .*$/m, `Copyright (c) ${author}`);
  // Word for word the same in every package: the holder of the copyright is not in it.
  if (license === 'Apache-2.0') return others.find((other) => other.license === license)?.texts[0];
  return undefined;
}

/**
 * What goes along with a bundle: whose code is in it, under which licence, and the licences' texts, each once.
 *
 * @throws if a licence is not a permissive one, or its text is nowhere to be had
 */
export function thirdPartyNotices(bundle: string, packages: readonly BundledPackage[], mit: string): string {
  const withTexts = packages.filter(({ texts }) => texts.length > 0);
  const problems: string[] = [];
  const byText = new Map<string, BundledPackage[]>();
  for (const each of packages) {
    const title = `${each.name} ${each.version}`;
    if (!PERMISSIVE.has(each.license)) {
      problems.push(
        `${title} has the licence "${each.license}", which is none of ${[...PERMISSIVE].join(', ')}.`,
      );
      continue;
    }
    const text = each.texts.join('\n\n') || usualText(each, withTexts, mit);
    if (text === undefined) {
      problems.push(`${title} names the licence ${each.license}, and the text of it is not in the package.`);
      continue;
    }
    byText.set(text, [...(byText.get(text) ?? []), each]);
  }
  if (problems.length > 0) {
    throw new Error(
      `${bundle} cannot be passed on:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
    );
  }
  const line = '-'.repeat(80);
  const parts = [...byText].map(([text, those]) => {
    const titles = those.map(({ name, version, license }) => `${name} ${version} (${license})`);
    return `${line}\n${titles.join('\n')}\n${line}\n\n${text}\n`;
  });
  return [
    'THIRD-PARTY NOTICES\n',
    `${bundle} holds code of these packages, under these licences.\n`,
    ...parts,
  ].join('\n');
}
