import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const schema: { oneOf: { properties: { command: { const: string } }; required: string[] }[] } = JSON.parse(
  readFileSync('docs/reports.schema.json', 'utf8'),
);

it('docs/reports.schema.json is what npm run schema writes', () => {
  const written = execFileSync(process.execPath, ['ops/write-report-schema.ts'], { encoding: 'utf8' });
  expect(schema).toEqual(JSON.parse(written));
});

it.each([
  ['send', ['people', 'sent', 'sentBefore', 'sentAgain', 'remaining']],
  ['dlq list', ['letters', 'groups']],
  ['dlq show', ['letter', 'hubspot', 'plan', 'logs']],
  ['dlq redrive', ['matched', 'moved', 'failed', 'name', 'auditFile']],
  ['dlq drop', ['dropped', 'file']],
  ['dlq save', ['saved', 'file']],
  ['dlq load', ['loaded']],
  ['reconcile', ['checked', 'missing', 'withoutUsername', 'sent']],
  ['doctor', ['checks', 'failed']],
  ['status', ['queue', 'deadLetters', 'eventSource']],
  ['trace', ['summary', 'events']],
  ['trigger', ['userPoolId', 'postConfirmation', 'savedTo']],
])('%s has what scripts rely on', (command, fields) => {
  const report = schema.oneOf.find(({ properties }) => properties.command.const === command);
  expect(report?.required).toEqual(
    expect.arrayContaining(['command', 'outcome', 'exitCode', 'problems', 'message', ...fields]),
  );
});
