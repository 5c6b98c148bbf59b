import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

// What the documents name exists: files, headings, commands, packages.

const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', 'test/**/*.md']).toSorted();
const textOf = (file: string): string => readFileSync(file, 'utf8');

const { scripts, dependencies, devDependencies } = z
  .object({
    scripts: z.record(z.string(), z.string()),
    dependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(textOf('package.json')));
const packages = Object.keys({ ...dependencies, ...devDependencies });

const withoutCode = (markdown: string): string => markdown.replaceAll(/^```[\s\S]*?^```$/gm, '');

/** The anchors of a document's headings, as GitLab and GitHub make them. */
function anchors(markdown: string): Set<string> {
  const headings = [...withoutCode(markdown).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
  return new Set(headings);
}

/** The links of a document that lead to no file, or to no heading in it. */
function brokenLinks(file: string, markdown: string): string[] {
  const targets = [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const goal = path === '' ? file : join(dirname(file), path);
      if (path !== '' && !existsSync(goal)) return true;
      const text = path === '' ? markdown : goal.endsWith('.md') ? textOf(goal) : '';
      return anchor !== undefined && goal.endsWith('.md') && !anchors(text).has(anchor);
    });
}

/** The `npm run …` of a document that package.json does not have. */
const unknownScripts = (markdown: string): string[] =>
  [...markdown.matchAll(/npm (?:run (?:--silent )?([\w-]+(?::[\w-]+)*)|(test|start)\b)/g)]
    .map(([, script, short]) => script ?? short ?? '')
    .filter((script) => !Object.hasOwn(scripts, script));

/** The files, and the folders with a slash behind them, that a document names in the text and that are not there. */
const unknownPaths = (markdown: string): string[] =>
  [
    ...withoutCode(markdown).matchAll(
      /`((?:functions|lib|ops|sandbox|simulation|bench|infrastructure|supply-chain|test|docs|\.ci)\/[\w./-]*)`/g,
    ),
  ]
    .map(([, path = '']) => path)
    .filter((path) => /(\/|\.\w+)$/.test(path) && !existsSync(path));

it('there are documents to look at', () => {
  expect(DOCUMENTS).toEqual(
    expect.arrayContaining([
      'README.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'CHANGELOG.md',
      'docs/runbook.md',
    ]),
  );
});

describe.each(DOCUMENTS)('%s', (file) => {
  const markdown = textOf(file);

  it('links to what there is', () => {
    expect(brokenLinks(file, markdown)).toEqual([]);
  });

  it('names commands and files that there are', () => {
    expect(unknownScripts(markdown)).toEqual([]);
    expect(unknownPaths(markdown)).toEqual([]);
  });
});

describe('what does not exist is found:', () => {
  it.each([
    ['[a](no-such-file.md)', ['no-such-file.md']],
    ['[a](promises.md#no-such-heading)', ['promises.md#no-such-heading']],
    ['# A heading, `here`\n[a](#a-heading-here) [b](#another)', ['#another']],
    ['[a](../LICENSE) [b](promises.md#privacy) [c](https://example.org/none)', []],
    ['```\n[a](none.md)\n```', []],
  ])('links %j', (markdown, broken) => {
    expect(brokenLinks('docs/a.md', markdown)).toEqual(broken);
  });

  it('commands', () => {
    expect(
      unknownScripts('`npm run none -- --x`, `npm test`, `npm start`, `npm run --silent build`'),
    ).toEqual(['none', 'start']);
  });

  it('files', () => {
    expect(unknownPaths('`lib/none.ts`, `lib/`, `lib/clock.ts`, `bench/none/`')).toEqual([
      'lib/none.ts',
      'bench/none/',
    ]);
  });
});

describe('README.md', () => {
  const markdown = textOf('README.md');

  it('has less than 200 lines', () => {
    expect(markdown.split('\n').length).toBeLessThan(200);
  });

  it('says for every dependency what it is for, and for none that is gone', () => {
    const [, tables = ''] = /\n## Dependencies\n([\s\S]*?)\n## /.exec(markdown) ?? [];
    const cells = [...tables.matchAll(/^\| ([^|]*`[^|]*) \|/gm)].map(([, cell = '']) => cell);
    const named = cells.flatMap((cell) => {
      let scope = '';
      return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => {
        // `@scope/one`, `two`: the second is of the same scope, unless there is a package of that name.
        if (name.startsWith('@')) scope = name.split('/')[0] ?? '';
        return name.startsWith('@') || packages.includes(name) ? name : `${scope}/${name}`;
      });
    });
    const isNamed = (name: string) =>
      named.includes(name) || (name.startsWith('@types/') && named.includes('@types/*'));
    expect(packages.filter((name) => !isNamed(name))).toEqual([]);
    expect(named.filter((name) => name !== '@types/*' && !packages.includes(name))).toEqual([]);
  });
});

it('CONTRIBUTING.md names the check that decides, and it runs the README’s test command', () => {
  expect(textOf('CONTRIBUTING.md')).toMatch(/^\.ci\/run$/m);
  expect(textOf('.ci/run')).toMatch(/npm ci && .*npm test$/m);
});
