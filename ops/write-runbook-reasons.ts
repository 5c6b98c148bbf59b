import { readFileSync, writeFileSync } from 'node:fs';
import { allReasons, type Explanation } from '../lib/reasons.ts';

/** Writes the registry of reasons into docs/runbook.md, between its two marks: part of `npm run schema`. */
const RUNBOOK = new URL('../docs/runbook.md', import.meta.url);
const BEGIN = '<!-- reasons: written by npm run schema from lib/reasons.ts -->';
const END = '<!-- end of reasons -->';

const REDRIVE: Readonly<Record<Explanation['redrive'], string>> = {
  helps: 'yes',
  'helps-afterwards': 'yes, once that is done',
  'does-not-help': 'no',
};

const rows = allReasons()
  // That of before there were reasons says nothing that the others of its code do not.
  .filter(({ reason }) => reason !== 'Unstated')
  .map(({ errorCode, reason, explanation: { meaning, action, mover, redrive } }) => {
    const without = reason === 'Unknown' ? 'another' : 'none';
    const code = errorCode === undefined ? without : `\`${errorCode}\``;
    return `| ${code} | \`${reason}\` | ${meaning} | ${action} | ${mover} | ${REDRIVE[redrive]} |`;
  });
const table = [
  '| `ErrorCode` | reason | what it means | what to do | whose move | does a redrive help? |',
  '| --- | --- | --- | --- | --- | --- |',
  ...rows,
].join('\n');

const text = readFileSync(RUNBOOK, 'utf8');
const [before = '', rest = ''] = text.split(BEGIN);
const [, after = ''] = rest.split(END);
const written = `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
if (process.argv.includes('--check')) process.exitCode = written === text ? 0 : 1;
else writeFileSync(RUNBOOK, written);
