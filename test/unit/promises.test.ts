import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../simulation/truth/checks.ts';
import { EXCEPTIONS } from '../../simulation/truth/exceptions.ts';

/*
 * docs/promises.md names what holds each promise: all of it has to exist.
 */

const DOCUMENT = 'docs/promises.md';
const UNHELD = 'Held by nothing yet';
const HEADS = ['| promise | held by |', '| promise | what would tell |', '| --- | --- |'];

const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync('package.json', 'utf8'));

/** A title where one stands in the source: of `it('…',`, and of `it.each(…)('…',`. */
const TITLE = /(?:\b(?:describe|it|test)(?:\.\w+)*|\))\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1,/gs;

const titles = new Map<string, string[]>();
function titlesIn(file: string): string[] {
  const found =
    titles.get(file) ?? [...readFileSync(file, 'utf8').matchAll(TITLE)].map(([, , title = '']) => title);
  titles.set(file, found);
  return found;
}

/** `…` at either end of what is asked for stands for the rest of the title. */
function isCalled(title: string, asked: string): boolean {
  const [opens, ends] = [asked.startsWith('…'), asked.endsWith('…')];
  const part = asked.replace(/^… ?/, '').replace(/ ?…$/, '');
  if (part === '') return false;
  if (opens && ends) return title.includes(part);
  if (opens) return title.endsWith(part);
  return ends ? title.startsWith(part) : title === part;
}

/** What is wrong with what holds a promise; undefined where it exists. */
function problemWith(holder: string): string | undefined {
  const [, file, title = ''] = /^(test\/\S+\.test\.ts): (.+)$/.exec(holder) ?? [];
  if (file !== undefined) {
    if (!existsSync(file)) return `there is no file ${file}`;
    if (!titlesIn(file).some((each) => isCalled(each, title))) return `${file} has no test "${title}"`;
    return undefined;
  }
  const [, check] = /^simulation: (.+)$/.exec(holder) ?? [];
  if (check !== undefined)
    return Object.hasOwn(CHECKS, check) ? undefined : `the simulation has no check "${check}"`;
  const [, script] = /^npm run ([\w:-]+)(?: -- .+)?$/.exec(holder) ?? [];
  if (script !== undefined)
    return Object.hasOwn(scripts, script) ? undefined : `package.json has no script "${script}"`;
  return `"${holder}" is neither a test, nor a check of the simulation, nor a command`;
}

/** What holds a promise. Of one that nothing holds yet, the commands that would tell. */
function holdersIn(cell: string, heading: string): string[] {
  if (heading === UNHELD) return [...cell.matchAll(/`(npm run [^`]+)`/g)].map(([, command = '']) => command);
  return cell.split('<br>').map((each) => /^`([^`]+)`$/.exec(each)?.[1] ?? each);
}

/** All that is wrong with the document, with the number of the line. */
function problemsIn(markdown: string): string[] {
  const problems: string[] = [];
  const lines = new Map<string, number>();
  const named = new Set<string>();
  let heading = '';

  for (const [index, line] of markdown.split('\n').entries()) {
    const complain = (what: string) => problems.push(`${DOCUMENT}:${index + 1}: ${what}`);
    heading = /^## (.+)$/.exec(line)?.[1] ?? heading;
    if (!line.startsWith('|') || HEADS.includes(line)) continue;

    const [, promise, cell] = /^\| ([^|]+) \| ([^|]+) \|$/.exec(line) ?? [];
    if (promise === undefined || cell === undefined) {
      complain('the line has not two cells with something in each');
      continue;
    }
    if (!promise.endsWith('.')) complain('the promise is no sentence: it ends without a full stop');
    const before = lines.get(promise);
    if (before !== undefined) complain(`the promise stands in line ${before} already`);
    lines.set(promise, index + 1);

    for (const holder of holdersIn(cell, heading)) {
      named.add(holder);
      const problem = problemWith(holder);
      if (problem !== undefined) complain(problem);
    }
  }

  for (const check of Object.keys(CHECKS))
    if (!named.has(`simulation: ${check}`))
      problems.push(`${DOCUMENT}: no promise is held by the simulation's check "${check}"`);
  return problems;
}

const markdown = readFileSync(DOCUMENT, 'utf8');

it('what holds each promise exists, and no check of the simulation is left out', () => {
  expect(problemsIn(markdown)).toEqual([]);
});

describe('what is wrong is told by its line', () => {
  const FIRST = 'test/unit/promises.test.ts';
  const told = (row: string, heading = 'A heading') =>
    problemsIn(`## ${heading}\n\n${HEADS[0]}\n${HEADS[2]}\n${row}\n`)
      .filter((problem) => problem.startsWith(`${DOCUMENT}:5: `))
      .map((problem) => problem.slice(`${DOCUMENT}:5: `.length));

  it.each([
    ['| Something. | `test/unit/no-such.test.ts: a title` |', 'there is no file test/unit/no-such.test.ts'],
    [`| Something. | \`${FIRST}: no such title\` |`, `${FIRST} has no test "no such title"`],
    [`| Something. | \`${FIRST}: what is wrong\` |`, `${FIRST} has no test "what is wrong"`],
    [`| Something. | \`${FIRST}: is wrong …\` |`, `${FIRST} has no test "is wrong …"`],
    [`| Something. | \`${FIRST}: …\` |`, `${FIRST} has no test "…"`],
    ['| Something. | `simulation: no check` |', 'the simulation has no check "no check"'],
    ['| Something. | `simulation: toString` |', 'the simulation has no check "toString"'],
    ['| Something. | `npm run nothing -- at all` |', 'package.json has no script "nothing"'],
    [
      '| Something. | `simulation: one card`<br>our care |',
      '"our care" is neither a test, nor a check of the simulation, nor a command',
    ],
    ['| Something | `simulation: one card` |', 'the promise is no sentence: it ends without a full stop'],
    ['| Something. | |', 'the line has not two cells with something in each'],
    ['| Something. | `simulation: one card` | more |', 'the line has not two cells with something in each'],
  ])('%s', (row, problem) => {
    expect(told(row)).toEqual([problem]);
  });

  it('a promise that is made twice, by the second one', () => {
    const row = '| Something. | `simulation: one card` |';
    expect(problemsIn(`${row}\n${row}`)).toContain(`${DOCUMENT}:2: the promise stands in line 1 already`);
  });

  it('and a command that would tell, where nothing does yet', () => {
    expect(told('| Something. | a look, or `npm run nothing` |', UNHELD)).toEqual([
      'package.json has no script "nothing"',
    ]);
  });

  it('and nothing where all is there', () => {
    const rows = [
      `\`${FIRST}: what is wrong is told by its line\``,
      `\`${FIRST}: what is wrong …\`<br>\`${FIRST}: … told by its line\`<br>\`${FIRST}: … is told …\``,
      '`simulation: one card`<br>`npm run bench -- drain`',
    ];
    for (const cell of rows) expect(told(`| Something. | ${cell} |`)).toEqual([]);
    expect(told('| Something. | a look |', UNHELD)).toEqual([]);
  });

  it('a check that no promise names, without a line', () => {
    expect(problemsIn('').toSorted()).toEqual(
      Object.keys(CHECKS)
        .map((check) => `${DOCUMENT}: no promise is held by the simulation's check "${check}"`)
        .toSorted(),
    );
  });
});

it.each(Object.keys(EXCEPTIONS))('the decision to ask HubSpot names the case "%s"', (name) => {
  const decision = readFileSync('docs/decisions/0001-ask-hubspot.md', 'utf8').replaceAll(/\s+/g, ' ');
  expect(decision).toContain(`**${name}**`);
});
