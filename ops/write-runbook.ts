import { readFileSync, writeFileSync } from 'node:fs';
import { allReasons, type Explanation } from '../lib/reasons.ts';
import { ALARMS } from './checks/alarms.ts';

/**
 * Writes the registries of alarms and of reasons into docs/runbook.md, each between its two marks: part of
 * `npm run schema`. With --check it writes nothing, and ends with 1 where they are not as they should be.
 */
const RUNBOOK = new URL('../docs/runbook.md', import.meta.url);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** As GitHub makes an address of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const REDRIVE: Readonly<Record<Explanation['redrive'], string>> = {
  helps: 'yes',
  'helps-afterwards': 'yes, once that is done',
  'does-not-help': 'no',
};

const reasons = (): string =>
  table(
    ['`ErrorCode`', 'reason', 'what it means', 'what to do', 'whose move', 'does a redrive help?'],
    allReasons()
      // That of before there were reasons says nothing that the others of its code do not.
      .filter(({ reason }) => reason !== 'Unstated')
      .map(({ errorCode, reason, explanation: { meaning, action, mover, redrive } }) => {
        const without = reason === 'Unknown' ? 'another' : 'none';
        const code = errorCode === undefined ? without : `\`${errorCode}\``;
        return [code, `\`${reason}\``, meaning, action, mover, REDRIVE[redrive]];
      }),
  );

const alarms = (text: string): string =>
  table(
    ['alarm', 'what to do', 'urgent?'],
    ALARMS.map(({ name, section, urgent }) => {
      const [, heading = section] =
        text
          .split('\n')
          .flatMap((line) => [/^## (.+)$/.exec(line) ?? []])
          .find(([line]) => line?.includes(`\`${name}\``)) ?? [];
      return [
        `\`${name}\``,
        `[${section}](#${anchor(heading)})`,
        urgent ? '**yes: people cannot sign up**' : '',
      ];
    }),
  );

/** Puts a table between its two marks. */
function between(text: string, begin: string, end: string, written: string): string {
  const [before, rest] = text.split(begin);
  const [, after] = rest?.split(end) ?? [];
  if (before === undefined || after === undefined) throw new Error(`docs/runbook.md has no ${begin}`);
  return `${before}${begin}\n\n${written}\n\n${end}${after}`;
}

const text = readFileSync(RUNBOOK, 'utf8');
const withAlarms = between(
  text,
  '<!-- alarms: written by npm run schema from ops/checks/alarms.ts -->',
  '<!-- end of alarms -->',
  alarms(text),
);
const written = between(
  withAlarms,
  '<!-- reasons: written by npm run schema from lib/reasons.ts -->',
  '<!-- end of reasons -->',
  reasons(),
);
if (process.argv.includes('--check')) process.exitCode = written === text ? 0 : 1;
else writeFileSync(RUNBOOK, written);
