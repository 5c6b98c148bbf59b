import { existsSync } from 'node:fs';
import { mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { personHash } from '../../lib/person.ts';
import {
  AT_FULL_SPEED,
  type CallFailure,
  csvOf,
  makePipe,
  type Refusal,
  run,
  type SentEntry,
  start,
  startSilence,
  startStubSqs,
  until,
} from './ops-command.ts';

// Every test starts processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

let directory: string;
let sqs: Awaited<ReturnType<typeof startStubSqs>>;
let refuse: (entry: SentEntry, delivery: number) => Refusal | undefined;
let fail: (call: number) => CallFailure | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'send-'));
  refuse = () => undefined;
  fail = () => undefined;
  sqs = await startStubSqs(
    (...args) => refuse(...args),
    (call) => fail(call),
  );
});
afterEach(() => sqs.stop());

async function fileOf(content: string, name = 'users.csv'): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

const send = (...args: string[]) =>
  run(['send', ...args, ...(args.includes('--file') ? AT_FULL_SPEED : [])], sqs.environment);

/** Where the stub is, as the command names it. */
const place = () =>
  `verified-users.fifo (account 000000000000, eu-west-1, at ${sqs.environment.AWS_ENDPOINT_URL_SQS})`;
const usernames = (entries: readonly SentEntry[]): string[] =>
  entries.map(({ MessageBody }) => JSON.parse(MessageBody).username);

describe('send, for one person', () => {
  it('puts one message on the queue, marked as a replay', async () => {
    const { code, stdout } = await send(
      '--email',
      'Ada@Example.org',
      '--username',
      'AdaL',
      '--verified-at',
      '2026-11-23T18:00:00Z',
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: `On the queue: 1 person. Sent to ${place()}.\n` });
    expect(sqs.taken).toMatchObject([
      {
        MessageBody: '{"email":"Ada@Example.org","username":"AdaL","verifiedAt":"2026-11-23T18:00:00Z"}',
        MessageGroupId: personHash('ada@example.org'),
        MessageAttributes: { Replay: { DataType: 'String', StringValue: 'true' } },
      },
    ]);
  });

  it('names what is wrong, without quoting it', async () => {
    const { code, stdout, stderr } = await send(
      '--email',
      'ada',
      '--username',
      '',
      '--verified-at',
      'today',
      '--json',
    );
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'invalid',
      sent: 0,
      problems: [
        { field: 'email', reason: 'needs one @ with something on both sides' },
        { field: 'username', reason: 'is empty' },
        {
          field: 'verifiedAt',
          reason: 'is not an ISO 8601 date and time with a time zone, such as 2026-11-23T18:00:00Z',
        },
      ],
    });
    expect(stderr).not.toContain('ada');
    expect(sqs.batches).toHaveLength(0);
  });

  it('gives the message the time that it names when it cannot say what became of it', async () => {
    const before = Date.now();
    await send('--email', 'ada@example.org', '--username', 'AdaL');
    const [verifiedAt] = sqs.taken.map(({ MessageBody }) => JSON.parse(MessageBody).verifiedAt);
    expect(Date.parse(verifiedAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(verifiedAt)).toBeLessThanOrEqual(Date.now());
  });

  it('says that SQS refused, and why', async () => {
    refuse = () => ({ code: 'InvalidMessageContents', senderFault: true });
    const { code, stderr } = await send('--email', 'ada@example.org', '--username', 'AdaL');
    expect(code).toBe(1);
    expect(stderr).toContain('InvalidMessageContents');
    expect(stderr).not.toContain('ada');
    expect(sqs.batches).toHaveLength(1);
  });
});

describe('SQS in trouble, for one person', () => {
  const ada = ['--email', 'ada@example.org', '--username', 'AdaL'];

  it('that does not answer is given up after 15 seconds, and not in silence', async () => {
    const silence = await startSilence();
    const { child, ended } = start(['send', ...ada, '--json'], {
      ...sqs.environment,
      AWS_ENDPOINT_URL_SQS: silence.address,
    });
    let told = '';
    child.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()));
    await until(() => told.includes('SQS has not answered yet') || child.exitCode !== null);
    expect(child.exitCode).toBe(null);
    const { code, stdout } = await ended;
    silence.stop();
    expect(code).toBe(1);
    expect(JSON.parse(stdout).message).toMatch(
      /^SQS has not taken the message within 15 seconds\. It may be on the queue all the same\. To send it again does no harm, with --verified-at [-\d]+T[:.\d]+Z\.$/,
    );
  });

  it.each([
    [500, 'InternalError', /SQS has trouble at the moment: try again .*\(InternalError\)/],
    [503, 'ServiceUnavailable', /SQS has trouble at the moment/],
    [400, 'AccessDeniedException', /these credentials may not send/],
    [400, 'KmsDisabled', /the key that encrypts the queue/],
    [400, 'Novelty', /SQS refused for a reason that this command does not know.*\(Novelty\)/],
  ])('%i %s says what to do', async (status, code, message) => {
    fail = () => ({ status, code });
    const { code: exitCode, stderr } = await send(...ada);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('ada');
  });

  it('that refuses the entry says what to do', async () => {
    refuse = () => ({ code: 'InternalFailure', senderFault: true });
    const { stderr } = await send(...ada);
    expect(stderr).toMatch(/SQS has trouble at the moment/);
  });
});

describe('send, for a file', () => {
  it('sends ten by ten, every line once and as a replay, and says so', async () => {
    const file = await fileOf(csvOf(95));
    const { code, stdout, stderr } = await send('--file', file);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `On the queue: 95 people. Sent to ${place()}.\n`,
      stderr: `Sending 95 people to ${place()}, 100000 a second.\n`,
    });
    expect(sqs.batches.map((batch) => batch.length).toSorted((a, b) => b - a)).toEqual([
      ...Array(9).fill(10),
      5,
    ]);
    expect(usernames(sqs.taken).toSorted()).toEqual(
      Array.from({ length: 95 }, (_, i) => `user ${i}, the "${i}th"`).toSorted(),
    );
    expect(sqs.taken.every(({ MessageAttributes }) => MessageAttributes !== undefined)).toBe(true);
    expect(await readFile(`${file}.sent`, 'utf8')).not.toContain('example.org');
  });

  it('sends nothing at all when one line is wrong', async () => {
    const file = await fileOf(`${csvOf(50)}\nnobody,x,\nb@c,,\n`);
    const { code, stdout, stderr } = await send('--file', file);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      'Nothing was sent: 2 of 52 lines cannot be.\n  line 52: email needs one @ with something on both sides\n  line 53: username is empty\n',
    );
    expect(sqs.batches).toHaveLength(0);
    expect(existsSync(`${file}.sent`)).toBe(false);
  });

  it('lists twenty problems for a person, and all of them with --json', async () => {
    const file = await fileOf(`email,username\n${'nobody,x\n'.repeat(30)}`);
    const { stdout, stderr } = await send('--file', file, '--json');
    expect(JSON.parse(stdout).problems).toHaveLength(30);
    expect(stderr.match(/line \d+/g)).toHaveLength(20);
    expect(stderr).toContain('and 10 more');
  });

  it('with --dry-run counts and leaves no trace, and needs no queue', async () => {
    const file = await fileOf(
      '{"email":"a@b","username":"x"}\n{"email":"c@d","username":"y"}\n',
      'users.jsonl',
    );
    const { code, stdout } = await run(['send', '--file', file, '--dry-run', '--json'], {});
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'dry-run',
      people: 2,
      sent: 0,
      remaining: 2,
      problems: [],
    });
    expect(existsSync(`${file}.sent`)).toBe(false);
  });

  it('sends again only the entries that failed, as the same messages, until SQS takes them', async () => {
    refuse = ({ MessageBody }, delivery) =>
      /user [37],/.test(MessageBody) && delivery < 3
        ? { code: 'InternalError', senderFault: false }
        : undefined;
    const { code } = await send('--file', await fileOf(csvOf(10)));
    expect(code).toBe(0);
    expect(sqs.batches.map((batch) => batch.length)).toEqual([10, 2, 2]);
    expect(sqs.batches[2]).toEqual(sqs.batches[1]);
    expect(sqs.batches[0]).toEqual(expect.arrayContaining(sqs.batches[1] ?? []));
    expect(sqs.taken).toHaveLength(10);
  });

  it('names the lines that SQS will never take, and the next run sends only them', async () => {
    refuse = ({ MessageBody }) =>
      /user [37],/.test(MessageBody) ? { code: 'InvalidMessageContents', senderFault: true } : undefined;
    const file = await fileOf(csvOf(25));
    const first = await send('--file', file, '--json');
    expect(first.code).toBe(1);
    expect(JSON.parse(first.stdout)).toMatchObject({
      outcome: 'incomplete',
      sent: 23,
      remaining: 2,
      problems: [
        { line: 5, field: 'line', reason: 'SQS: InvalidMessageContents' },
        { line: 9, field: 'line', reason: 'SQS: InvalidMessageContents' },
      ],
    });
    expect(first.stderr).not.toContain('example.org');

    refuse = () => undefined;
    const second = await send('--file', file, '--json');
    expect(JSON.parse(second.stdout)).toMatchObject({
      outcome: 'sent',
      sent: 2,
      sentBefore: 23,
      sentAgain: 0,
    });
    expect(usernames(sqs.batches.at(-1) ?? [])).toEqual(['user 3, the "3th"', 'user 7, the "7th"']);
  });

  it('keeps what SQS has confirmed when the rest of the batch fails for good', async () => {
    refuse = ({ MessageBody }, delivery) =>
      /user 7,/.test(MessageBody) && delivery === 1
        ? { code: 'InternalError', senderFault: false }
        : undefined;
    fail = (call) => (call === 2 ? { status: 403, code: 'ExpiredToken' } : undefined);
    const file = await fileOf(csvOf(10));
    const first = await send('--file', file, '--json');
    expect(first.code).toBe(1);
    const report = JSON.parse(first.stdout);
    expect(report).toMatchObject({ outcome: 'incomplete', sent: 9, remaining: 1, problems: [] });
    expect(report.message).toContain('sign in again (ExpiredToken)');
    expect(first.stderr).not.toContain('example.org');

    const second = await send('--file', file, '--json');
    expect(JSON.parse(second.stdout)).toMatchObject({
      outcome: 'sent',
      sent: 1,
      sentBefore: 9,
      sentAgain: 1,
    });
    expect(usernames(sqs.batches.at(-1) ?? [])).toEqual(['user 7, the "7th"']);
  });

  it('sends nothing twice; with --again everything, as messages that say the same', async () => {
    const file = await fileOf('email,username\na@b,x\nc@d,y\n');
    await send('--file', file);
    const [first = []] = sqs.batches;

    const second = await send('--file', file);
    expect(second).toMatchObject({ code: 0 });
    expect(second.stdout).toContain('2 people of this file went out before. Nothing was sent');
    expect(sqs.batches).toHaveLength(1);

    expect(await send('--file', file, '--again')).toMatchObject({
      code: 0,
      stdout: `On the queue: 2 people. Sent to ${place()}.\n`,
    });
    expect(sqs.batches[1]).toEqual(
      first.map((entry) => ({ ...entry, MessageDeduplicationId: expect.any(String) })),
    );
    expect(new Set(sqs.taken.map(({ MessageDeduplicationId }) => MessageDeduplicationId)).size).toBe(4);
  });

  it('gives every line a time of verification: without one, a repeat would look like a new sign-up', async () => {
    await send('--file', await fileOf('email,username,verifiedAt\na@b,x,\nc@d,y,2026-01-02T03:04:05Z\n'));
    const [first, second] = sqs.taken.map(({ MessageBody }) => JSON.parse(MessageBody).verifiedAt);
    expect(Math.abs(Date.parse(first) - Date.now())).toBeLessThan(60_000);
    expect(second).toBe('2026-01-02T03:04:05Z');
  });

  it('refuses to go on in a file that has changed, or on another queue', async () => {
    const file = await fileOf(csvOf(3));
    await send('--file', file);
    const elsewhere = await send('--file', file, '--queue-url', 'http://127.0.0.1:9/000000000000/other.fifo');
    expect(elsewhere).toMatchObject({ code: 2 });
    expect(elsewhere.stderr).toContain('another queue');

    await writeFile(file, csvOf(4));
    const changed = await send('--file', file);
    expect(changed).toMatchObject({ code: 2 });
    expect(changed.stderr).toContain('has changed');
    expect(sqs.batches).toHaveLength(1);
  });

  it('stops at the first call that fails for good, and says why', async () => {
    const file = await fileOf(csvOf(500));
    sqs.stop();
    const { code, stdout } = await send('--file', file, '--json');
    expect(code).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ outcome: 'incomplete', sent: 0, remaining: 500 });
    expect(report.message).toMatch(/SQS cannot be reached.*ECONNREFUSED/);
  });

  it('checks a hundred thousand lines in a small heap, and sends five thousand in it', async () => {
    // With room for the young, V8 would at moments need it twice: when, depends on how busy the machine is.
    const small = ['--max-old-space-size=32', '--max-semi-space-size=1'];
    const checked = await run(['send', '--file', await fileOf(csvOf(100_000)), '--dry-run'], {}, small);
    expect(checked).toMatchObject({ code: 0 });

    const { code, stdout } = await run(
      ['send', '--file', await fileOf(csvOf(5_000)), '--json', ...AT_FULL_SPEED],
      sqs.environment,
      small,
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ people: 5_000, sent: 5_000 });
    expect(new Set(sqs.taken.map(({ MessageDeduplicationId }) => MessageDeduplicationId)).size).toBe(5_000);
  });
});

/** Of every document that `--json` prints. */
const keys = [
  ...['command', 'outcome', 'exitCode', 'message', 'problems'],
  ...['queue', 'people', 'sent', 'sentBefore', 'sentAgain', 'remaining'],
];

describe('what a newcomer gets wrong', () => {
  it.each<[string[], Record<string, string>, RegExp]>([
    [['send'], {}, /Give --email and --username for one person, or --file for many/],
    [['send', '--email', 'a@b'], {}, /--username is missing/],
    [['send', '--username', 'x'], {}, /--email is missing/],
    [
      ['send', '--email', 'a@b', '--username', 'x'],
      {},
      /Give the stage .*give its URL with --queue-url or .* QUEUE_URL/,
    ],
    [['send', '--email', 'a@b', '--username', 'x', '--queue-url', 'verified-users.fifo'], {}, /not a URL/],
    [['send', '--email', 'a@b', '--username', 'x', '--queue-url', 'https://q/1/users'], {}, /FIFO/],
    [
      ['send', '--email', 'a@b', '--username', 'x', '--queue-url', 'https://q/1/u.fifo'],
      { AWS_REGION: '' },
      /AWS_REGION/,
    ],
    [['send', '--email', 'a@b', '--username', 'x', '--again'], {}, /go with --file/],
    [['send', '--email', 'a@b', '--username', 'x', '--stage', 'a b'], {}, /--stage is not the name/],
    [
      ['send', '--email', 'a@b', '--username', 'x', '--queue-url', 'https://q/1/verified-users-dlq.fifo'],
      {},
      /That is a dead-letter queue/,
    ],
    [['send', '--file', 'x.csv', '--email', 'a@b'], {}, /cannot be used with/],
    [['send', '--file', '-'], {}, /holds nobody|header/],
    [['send', '--file', '/no/such.csv'], {}, /cannot be read \(ENOENT\)/],
    [['send', '--file', '/tmp'], {}, /not a regular file/],
    [['send', '--flie', 'x'], {}, /Did you mean --file/],
    [['sned'], {}, /Did you mean send/],
    [[], {}, /Usage: wme-hubspot-sync/],
  ])('%j ends with 2 and says what to do', async (args, environment, message) => {
    const { code, stdout, stderr } = await run(args, { AWS_CONFIG_FILE: '/none', ...environment });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');

    const json = await run([...args, '--json'], { AWS_CONFIG_FILE: '/none', ...environment });
    expect(json.code).toBe(2);
    const report = JSON.parse(json.stdout);
    expect(Object.keys(report).toSorted()).toEqual(keys.toSorted());
    expect(report).toMatchObject({ command: 'send', outcome: 'error', exitCode: 2, sent: 0, problems: [] });
    expect(report.message).not.toBe('');
  });

  it.each([
    [['ada@example.org']],
    [['send', 'ada@example.org']],
    [['send', '--emial=ada@example.org']],
    [['send', '-eada@example.org']],
    [['send', '--email', 'ada@example.org', '--email', 'ada@example.org', '--username', 'x']],
  ])('%j quotes no address', async (args) => {
    const { code, stdout, stderr } = await run([...args, '--json'], {});
    expect(code).toBe(2);
    expect(JSON.parse(stdout).outcome).toBe('error');
    expect(stdout + stderr).not.toContain('ada@');
  });

  it.each(['/no/such/journal', '/dev/null', '/tmp'])('sends nothing with the journal %s', async (journal) => {
    const { code, stdout, stderr } = await send(
      '--file',
      await fileOf(csvOf(3)),
      '--journal',
      journal,
      '--json',
    );
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'error', exitCode: 2 });
    expect(stderr).toMatch(/cannot be written|cannot be the journal/);
    expect(stderr).not.toContain(journal);
    expect(stderr).not.toContain('    at ');
    expect(sqs.batches).toHaveLength(0);
  });

  it('sends no pipe: it would wait for the other end', async () => {
    const pipe = join(directory, 'pipe.csv');
    makePipe(pipe);
    const { code, stderr } = await send('--file', pipe);
    expect(code).toBe(2);
    expect(stderr).toContain('not a regular file');
  });

  it.runIf(process.platform === 'linux')('does not blame SQS for a file that cannot be read', async () => {
    const file = join(directory, 'unreadable.csv');
    await symlink('/proc/self/mem', file);
    const { code, stdout, stderr } = await send('--file', file, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout).message).toBe('The file cannot be read (EIO).');
    expect(stderr).not.toContain('    at ');
  });

  it.each([
    ['--email', 'c@d'],
    ['--queue-url', 'https://q/1/other.fifo'],
  ])('gives %s twice', async (option, value) => {
    const first = ['--email', 'a@b', '--username', 'x', '--queue-url', 'https://q/1/u.fifo'];
    const { code, stderr } = await send(...first, option, value);
    expect(code).toBe(2);
    expect(stderr).toContain(`${option} was given twice`);
    expect(sqs.batches).toHaveLength(0);
  });

  it.each([
    [['send', '--help'], 0],
    [['send', '--nonsense'], 2],
    [['send', '--file', 'users.csv', '--json'], 0],
  ])('%j ends in peace when nobody reads what it prints', async (args, exitCode) => {
    const file = await fileOf(csvOf(20));
    const { child, ended } = start(
      args.map((arg) => (arg === 'users.csv' ? file : arg)),
      sqs.environment,
    );
    child.stdout?.destroy();
    child.stderr?.destroy();
    expect((await ended).code).toBe(exitCode);
  });

  it('finds every option and exit code in the help', async () => {
    const { code, stdout } = await run(['send', '--help'], {});
    expect(code).toBe(0);
    for (const word of [
      '--stage',
      '--queue-url',
      '--json',
      '--dry-run',
      '--again',
      '--journal',
      '--rate',
      'Exit codes',
      '130',
    ]) {
      expect(stdout).toContain(word);
    }
  });
});
