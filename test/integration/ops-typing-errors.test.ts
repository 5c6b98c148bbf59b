import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';

vi.setConfig({ testTimeout: 120_000 });

const bundle = new URL('../../dist/ops/cli.mjs', import.meta.url).href;

/** Runs the built command again and again in one process, as a fresh module each time: a process each takes too long. */
const program = `
// Commander would take this for code given with -e, and its arguments for one more.
process.execArgv = [];
let printed = '';
for (const stream of [process.stdout, process.stderr]) {
  stream.setMaxListeners(0);
  stream.write = (text) => Boolean((printed += text));
}
let calls = 0;
process.on('message', async (args) => {
  process.argv = [process.execPath, 'wme-hubspot-sync', ...args];
  printed = '';
  process.exitCode = undefined;
  await import(${JSON.stringify(bundle)} + '?' + (calls += 1));
  process.send({ code: process.exitCode, printed });
});`;

const answer = z.object({ code: z.number(), printed: z.string() });

let child: ChildProcess;
beforeAll(() => {
  child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: {},
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
});
afterAll(() => child.kill());

async function type(args: readonly string[]): Promise<z.infer<typeof answer>> {
  const answered = once(child, 'message');
  child.send(args);
  return answer.parse((await answered)[0]);
}

/** What somebody meant to keep private. No text of the command's own holds a q beside a z. */
const secret = fc.oneof(
  fc.constantFrom(
    'qz',
    'qzqz@qzqz.qz',
    '--qzqz',
    '-qz',
    'qz qz',
    "qz'\nqz",
    "qz'\n(Did you mean qzqz?)",
    "x'\n(Did you mean one of --email, qzqz?)",
    'qz.csv',
    './qz/users.csv',
  ),
  fc
    .string({ unit: fc.constantFrom('q', 'z', '@', '.', '-', "'", '(', ')', '?', ',', ' ', '\n') })
    .map((text) => `${text}qz`),
);
const name = fc.constantFrom(
  ...['email', 'username', 'verified-at', 'file', 'journal', 'queue-url', 'json', 'again', 'dry-run', 'help'],
  ...[
    'emial',
    'Email',
    'EMAIL',
    'e-mail',
    'mail',
    'e',
    'E',
    'u',
    'user',
    'usrename',
    'flie',
    'verifiedAt',
    '',
  ],
);
const dashes = fc.constantFrom('--', '-', '', '—', '–', '‐‐', '−−', '---', '/');
const between = fc.constantFrom('', '=', ':', '\u00A0', ' = ', '==', '\n');
const misspelt = fc.oneof(
  fc.tuple(dashes, name, between, secret).map((parts) => [parts.join('')]),
  fc.tuple(dashes, name, secret).map(([dash, option, value]) => [`${dash}${option}`, value]),
  secret.map((value) => [value]),
  fc.constantFrom(['--json'], ['--again'], ['--dry-run'], ['--']),
);
const command = fc
  .constantFrom(
    ...['send', '', 'sned', 'help', 'Send', 'help send', 'help dlq', 'dlq', 'dlq lsit'],
    ...['dlq list', 'dlq show', 'dlq redrive', 'dlq drop', 'dlq save', 'dlq load'],
  )
  .map((words) => words.split(' ').filter((word) => word !== ''));

it.each<[string[], string]>([
  [['send', '--flie', 'x'], 'Did you mean --file?'],
  [['send', '--emial', 'ada@example.org'], 'Did you mean --email?'],
  [['send', '--emailada@example.org'], 'Did you mean --email, with a space before its value?'],
  [['send', '--email:ada@example.org'], 'Did you mean --email, with a space before its value?'],
  [['--email', 'ada@example.org', 'send'], '--email is not an option here. It may belong after its command.'],
  [['send', '--username', 'Ada', 'Lovelace'], 'A value with a space in it needs quotation marks.'],
  [['send', '--email'], "option '--email <address>' argument missing"],
  [['send', '—email', 'ada@example.org'], 'There is a word too many (not shown: it may hold an address).'],
  [['send', '-e', 'ada@example.org'], 'There is an unknown option (not shown: it may hold an address).'],
  [['sned'], 'Did you mean send?'],
  [['dlq', 'lsit'], 'Did you mean list?'],
  [['dlq', 'list', '--stgae', 'prod'], 'Did you mean --stage?'],
  [['dlq', 'show'], "missing required argument 'id'"],
  [['ada@example.org'], 'There is an unknown command (not shown: it may hold an address).'],
])('%j is told what to do', async (args, advice) => {
  const { code, printed } = await type(args);
  expect(code).toBe(2);
  expect(printed).toContain(advice);
  expect(printed).toMatch(/^error: .*\n\(--help explains\)\n$/);
  expect(printed).not.toMatch(/ada/i);
});

it('nothing that was typed is printed, in whatever way it was misspelt', async () => {
  await fc.assert(
    fc.asyncProperty(command, fc.array(misspelt, { minLength: 1, maxLength: 4 }), async (words, options) => {
      const { code, printed } = await type([...words, ...options.flat()]);
      expect([0, 1, 2]).toContain(code);
      expect(printed).not.toMatch(/qz|zq/i);
    }),
    { numRuns: 500 },
  );
});
