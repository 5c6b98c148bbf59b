import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { redriveReport } from '../../ops/dead-letters/reports.ts';
import { internalError } from '../../sandbox/hubspot/answers.ts';
import { startGate, until } from './ops-command.ts';
import { putLetter, startNight } from './ops-dead-letters.ts';
import { describedReport } from './ops-report-schema.ts';
import { HAS_TERMINAL, onTerminal } from './ops-terminal.ts';

vi.setConfig({ testTimeout: 180_000 });

let night: Awaited<ReturnType<typeof startNight>>;
afterEach(() => night.stop());

const FAST = ['--yes', '--rate', '100000'];
/** Of three letters, the one that the sync makes a card of. */
const ONE = ['--error-code', 'DeliveriesExhausted'];
const LOOK_UP = { method: 'POST', path: '/crm/v3/objects/contacts/batch/read' };
const redrive = (...args: string[]) => night.report(['dlq', 'redrive', ...args]);

interface AuditLine {
  event: string;
  run: string;
  who: string;
  name?: string;
  letters?: string[];
  counts?: Record<string, number>;
}

const audit = (): AuditLine[] => {
  const path = join(night.cwd, 'wme-hubspot-sync-audit.jsonl');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
};

/** Every body once, wherever it is now. */
function expectNobodyLostOrDoubled(): void {
  const { queue, deadLetters } = night.bodies();
  expect([...queue, ...deadLetters].toSorted()).toEqual(night.messages.map(({ body }) => body).toSorted());
}

describe('dlq redrive', () => {
  it('moves a thousand letters of all kinds, each once, and writes down what it did', async () => {
    night = await startNight({ letters: 1_000 });
    const { code, report } = await redrive(...FAST, '--name', 'INC-123');
    expect(code).toBe(0);
    expect(redriveReport.parse(report)).toMatchObject({
      outcome: 'moved',
      matched: 1_000,
      moved: 1_000,
      failed: 0,
      name: 'INC-123',
    });
    expect(night.bodies().deadLetters).toEqual([]);
    expectNobodyLostOrDoubled();

    const lines = audit();
    expect(new Set(lines.map(({ run }) => run)).size).toBe(1);
    expect(lines.every(({ who, name }) => who === 'local' && name === 'INC-123')).toBe(true);
    const moved = lines.filter(({ event }) => event === 'moved').flatMap(({ letters = [] }) => letters);
    expect(moved).toHaveLength(1_000);
    expect(moved.toSorted()).toEqual(lines.find(({ event }) => event === 'started')?.letters?.toSorted());
    expect(lines.at(-1)).toMatchObject({ event: 'ended', counts: { matched: 1_000, moved: 1_000 } });
    expect(JSON.stringify(lines)).not.toMatch(/person\.\d|Person \d|example/);
  });

  it('keeps attributes and group, and gives what SQS has moved by itself the mark of a replay', async () => {
    night = await startNight({ letters: 3 });
    await putLetter(night.queues, '{"email":"ada@example.org","username":"AdaL"}', { Campaign: 'spring' });
    const before = night.queues.deadLetters();
    await redrive(...FAST);
    const { ready } = night.queues.waiting();
    expect(ready).toHaveLength(4);
    for (const message of ready) {
      const letter = before.find(({ body }) => body === message.body);
      expect(message.messageGroupId).toBe(letter?.messageGroupId);
      expect(message.messageDeduplicationId).not.toBe(letter?.messageDeduplicationId);
      expect(message.messageAttributes).toMatchObject(letter?.messageAttributes ?? {});
    }
    const mute = ready.find(({ messageAttributes }) => messageAttributes.Campaign !== undefined);
    expect(mute?.messageAttributes).toMatchObject({
      Replay: { StringValue: 'true' },
      FirstSentTimestamp: { DataType: 'Number', StringValue: expect.stringMatching(/^\d{13}$/) },
    });
  });

  it('moves those that are meant: by code, reason, ID and age', async () => {
    night = await startNight({ letters: 30 });
    expect((await redrive(...FAST, '--error-code', 'DeliveriesExhausted')).report.moved).toBe(10);
    expect((await redrive(...FAST, '--reason', 'NotJson', '--reason', 'BadFields')).report.moved).toBe(7);
    expect((await redrive(...FAST, '--error-code', 'none')).report).toMatchObject({ matched: 0, moved: 0 });
    expect((await redrive(...FAST, '--older-than', '1h')).report.outcome).toBe('nothing-to-do');
    const { report } = await night.report(['dlq', 'list', '--detail']);
    const [one, two] = report.details.map(({ id }: { id: string }) => id);
    expect((await redrive(...FAST, '--id', one, '--id', two)).report.moved).toBe(2);
    const missing = await redrive(...FAST, '--id', one);
    expect(missing).toMatchObject({ code: 2, report: { outcome: 'error', moved: 0 } });
    expect(night.bodies().queue).toHaveLength(19);
    expectNobodyLostOrDoubled();
  });

  it.each(['SIGINT', 'SIGKILL'] as const)(
    '%s in the middle, and again: nobody is lost or doubled',
    async (signal) => {
      night = await startNight({ letters: 120 });
      for (const least of [30, 60]) {
        const { child, ended } = night.start(['dlq', 'redrive', '--yes', '--rate', '100', '--json']);
        await until(() => night.bodies().queue.length >= least);
        child.kill(signal);
        const { code, stdout } = await ended;
        if (signal === 'SIGINT') {
          expect(code).toBe(130);
          expect(JSON.parse(stdout)).toMatchObject({ outcome: 'interrupted', failed: 0 });
          expect(night.queues.deadLettersInFlight()).toBe(0);
        }
        // What a process that was killed had in hand is hidden for a while.
        await night.queues.releaseDeadLetters();
      }
      const { report } = await redrive(...FAST);
      expect(report.outcome).toBe('moved');
      expect(night.bodies().deadLetters).toEqual([]);
      expectNobodyLostOrDoubled();
    },
  );

  it('killed between the queue’s answer and the deletion, it leaves a letter that is not sent twice', async () => {
    night = await startNight({ letters: 5 });
    // Receives until there are no more, twice; counts; then the first letter is taken, and nothing is heard of it.
    const gate = await startGate(night.queues.endpoint, Number.POSITIVE_INFINITY);
    const { child, ended } = night.start(['dlq', 'redrive', ...FAST], {
      AWS_ENDPOINT_URL_SQS: gate.address,
      ...{ HUBSPOT_BASE_URL: night.hubspot.url },
    });
    gate.closeWhen((target) => target.endsWith('.SendMessage'));
    await until(() => gate.kept() > 0);
    child.kill('SIGKILL');
    await ended;
    gate.stop();
    expect(night.bodies()).toMatchObject({ queue: [expect.any(String)], deadLetters: { length: 5 } });
    await night.queues.releaseDeadLetters();
    expect((await redrive(...FAST)).report).toMatchObject({ outcome: 'moved', moved: 5 });
    expectNobodyLostOrDoubled();
  });

  it('two at once share the letters, and double none', async () => {
    night = await startNight({ letters: 200 });
    const both = await Promise.all([
      redrive('--yes', '--rate', '200', '--audit-file', 'one.jsonl'),
      redrive('--yes', '--rate', '200', '--audit-file', 'two.jsonl'),
    ]);
    const moved = both.map(({ report }) => report.moved);
    expect(night.bodies().deadLetters.length + night.bodies().queue.length).toBe(200);
    expect(night.bodies().queue.length).toBe(moved[0] + moved[1]);
    for (const { code, report } of both) {
      if (report.matched > 0) expect(code).toBe(report.moved === report.matched ? 0 : 1);
    }
    // What one had in hand when the other looked is left to a next run.
    await redrive(...FAST);
    expect(night.bodies().deadLetters).toEqual([]);
    expectNobodyLostOrDoubled();
  });

  it('letters in other hands are no reason to say that there are none', async () => {
    night = await startNight({ letters: 3 });
    const { sqs, dlqUrl } = night.queues;
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: dlqUrl, MaxNumberOfMessages: 2 }));
    const some = await redrive('--error-code', 'none', '--yes');
    expect({ code: some.code, outcome: some.report.outcome }).toEqual({ code: 1, outcome: 'nothing-to-do' });
    expect(some.report.message).toContain('2 more letters cannot be seen now');
    const { code, stderr, report } = await redrive(...FAST);
    expect({ code, moved: report.moved }).toEqual({ code: 0, moved: 1 });
    expect(stderr).toContain('2 more letters cannot be seen now');
    await night.queues.releaseDeadLetters();
  });

  it('leaves a letter alone that arrives meanwhile', async () => {
    night = await startNight({ letters: 30 });
    const { ended } = night.start(['dlq', 'redrive', '--yes', '--rate', '50', '--json']);
    await until(() => night.bodies().queue.length >= 5);
    await putLetter(night.queues, '{"late":true}', { ErrorCode: 'InvalidMessage' });
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ matched: 30, moved: 30 });
    expect(night.bodies().deadLetters).toEqual(['{"late":true}']);
  });

  it('a queue that refuses a letter keeps it where it is, and the others go', async () => {
    night = await startNight({ letters: 6 });
    // More than the queue takes: a dead letter may be larger.
    await putLetter(night.queues, JSON.stringify({ email: 'a@b', username: 'x'.repeat(262_140) }), {
      ErrorCode: 'InvalidMessage',
    });
    const { code, report } = await redrive(...FAST);
    expect(code).toBe(1);
    expect(report).toMatchObject({ outcome: 'incomplete', matched: 7, moved: 6, failed: 1 });
    expect(report.problems).toMatchObject([{ reason: expect.stringContaining('was not moved') }]);
    expect(night.bodies().deadLetters).toHaveLength(1);
    expect(night.queues.deadLettersInFlight()).toBe(0);
  });

  it('a queue that is not there stops it at the first letter, and says what to do', async () => {
    night = await startNight({ letters: 20 });
    const elsewhere = `${night.queues.endpoint}/000000000000/elsewhere.fifo`;
    const { code, report, stderr } = await redrive(...FAST, '--queue-url', elsewhere);
    expect(code).toBe(1);
    expect(report).toMatchObject({ outcome: 'incomplete', matched: 20, moved: 0, failed: 1 });
    expect(stderr).toContain('there is no such queue');
    expect(night.queues.deadLettersInFlight()).toBe(0);
    expect(night.bodies().deadLetters).toHaveLength(20);
  });

  it('--dry-run counts what would happen, and moves nothing', async () => {
    night = await startNight({ letters: 60 });
    const { code, report, stderr } = await redrive('--dry-run');
    expect(code).toBe(0);
    expect(stderr).not.toContain('Warning');
    expect(report).toMatchObject({
      outcome: 'dry-run',
      matched: 60,
      moved: 0,
      outcomes: { created: 10, updated: 10, 'username-only': 0, unchanged: 0, dead: 40, waiting: 0 },
      auditFile: null,
    });
    expect(night.bodies().queue).toEqual([]);
    expect(night.queues.deadLettersInFlight()).toBe(0);
    expect(audit()).toEqual([]);
  });

  it('--follow says what became of each: synced, or dead again and why', async () => {
    night = await startNight({ letters: 12, instances: 2 });
    const { code, report } = await redrive(...FAST, '--follow');
    expect(code).toBe(1);
    expect(report).toMatchObject({
      moved: 12,
      outcomes: { created: 2, updated: 2, 'username-only': 0, unchanged: 0, dead: 8, waiting: 0 },
    });
    expect(audit().at(-1)).toMatchObject({
      event: 'followed',
      counts: { created: 2, updated: 2, dead: 8 },
      letters: { length: 8 },
    });
    expect(report.problems).toHaveLength(8);
    expect(report.problems.map(({ reason }: { reason: string }) => reason)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^is dead again \(HubSpotRejected, EmailRefused\): POST /),
      ]),
    );
    expect(JSON.stringify(report)).not.toMatch(/person\.\d|Person \d/);
    expect(night.bodies()).toMatchObject({ queue: [], deadLetters: { length: 8 } });
  });

  it('--follow, interrupted while they wait, says how many do', async () => {
    night = await startNight({ letters: 3 });
    const { child, ended } = night.start([
      'dlq',
      'redrive',
      ...FAST,
      '--error-code',
      'DeliveriesExhausted',
      '--follow',
      '--json',
    ]);
    await until(() => night.bodies().queue.length === 1 && night.hubspot.journal.entries().length > 1);
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ moved: 1, outcomes: { waiting: 1, created: 0 } });
  });

  it('--follow asks HubSpot again while it stumbles', async () => {
    night = await startNight({ letters: 3, instances: 1 });
    const { ended } = night.start(['dlq', 'redrive', ...FAST, '--follow', '--json', ...ONE]);
    await until(() => audit().some(({ event }) => event === 'moved'));
    night.hubspot.faults.add({ ...LOOK_UP, times: 2, do: { type: 'status', ...internalError } });
    const { code, stdout, stderr } = await ended;
    expect(describedReport(stdout)).toMatchObject({ outcome: 'moved', moved: 1, outcomes: { waiting: 0 } });
    expect(code).toBe(0);
    expect(stderr).toContain('Asking again');
  });

  it('--follow that can ask HubSpot no more still says what was moved', async () => {
    night = await startNight({ letters: 3 });
    const { ended } = night.start(['dlq', 'redrive', ...FAST, '--follow', '--json', ...ONE]);
    await until(() => audit().some(({ event }) => event === 'moved'));
    night.hubspot.settings.accessToken = 'another';
    const { code, stdout } = await ended;
    const report = describedReport(stdout);
    expect(code).toBe(1);
    expect(report).toMatchObject({ outcome: 'incomplete', matched: 1, moved: 1, outcomes: { waiting: 1 } });
    expect(report.auditFile).toBe('wme-hubspot-sync-audit.jsonl');
    expect(report.message).toMatch(/^Moved 1 letter to the queue\..*not watched to the end: .*401/);
    expect(report.message).not.toContain('Nothing was changed');
  });

  it('--follow, interrupted, says so', async () => {
    night = await startNight({ letters: 3 });
    const { child, ended } = night.start(['dlq', 'redrive', ...FAST, '--follow', '--json', ...ONE]);
    await until(() => audit().some(({ event }) => event === 'ended'));
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(describedReport(stdout)).toMatchObject({ outcome: 'interrupted', moved: 1 });
  });

  it('an audit file that cannot be written to ends it before anything is moved', async () => {
    night = await startNight({ letters: 3 });
    const { code, report } = await redrive(...FAST, '--audit-file', '/dev/full');
    expect({ code, outcome: report.outcome }).toEqual({ code: 2, outcome: 'error' });
    expect(report.message).toMatch(/^The audit file cannot be written \(ENOSPC\)\. Nothing was done\./);
    expect(night.bodies().queue).toEqual([]);
  });

  it('a disk that fills up stops it, and it says truly how many were moved', async () => {
    night = await startNight({ letters: 30 });
    const { code, report } = await night.report(['dlq', 'redrive', ...FAST], {}, { diskBytes: 4_096 });
    expect(code).toBe(1);
    expect(report).toMatchObject({ outcome: 'incomplete', matched: 30, moved: night.bodies().queue.length });
    expect(report.moved).toBeGreaterThan(0);
    expect(report.message).toMatch(/Stopped: The audit file cannot be written \(EFBIG\)/);
    expect(report.message).not.toContain('SQS');
    expect(night.queues.deadLettersInFlight()).toBe(0);
    expectNobodyLostOrDoubled();
  });

  it('takes a device for an audit file', async () => {
    night = await startNight({ letters: 2 });
    const { code, report } = await redrive(...FAST, '--audit-file', '/dev/null');
    expect({ code, moved: report.moved }).toEqual({ code: 0, moved: 2 });
  });

  it.each([
    [['--rate', '0'], /--rate is how many a second/],
    [['--rate', 'fast'], /--rate is how many a second/],
    [['--name', 'ada@example.org'], /--name is one word/],
    [['--older-than', 'yesterday'], /--older-than is a number with m, h or d/],
    [['--audit-file', '/no/such/file'], /The audit file cannot be written \(ENOENT\)/],
  ])('%j ends with 2, and moves nothing', async (args, message) => {
    night = await startNight({ letters: 2 });
    const { code, report, stderr } = await redrive('--yes', ...args);
    expect(code).toBe(2);
    expect(report).toMatchObject({ command: 'dlq redrive', outcome: 'error', moved: 0 });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('ada');
    expect(night.bodies().queue).toEqual([]);
  });

  it('asks, and moves nothing where there is nobody to ask', async () => {
    night = await startNight({ letters: 2 });
    const { code, stderr } = await redrive();
    expect(code).toBe(2);
    expect(stderr).toContain('--yes answers beforehand');
    expect(night.bodies().queue).toEqual([]);
  });

  it.runIf(HAS_TERMINAL).each([
    ['n', 1, 0],
    ['y', 0, 2],
  ])('on a terminal, the answer %s ends with %i', async (answer, code, moved) => {
    night = await startNight({ letters: 2 });
    const { ended, type, raw } = onTerminal(
      [
        'dlq',
        'redrive',
        '--stage',
        'local',
        '--rate',
        '1000',
        '--audit-file',
        join(night.cwd, 'audit.jsonl'),
      ],
      80,
      night.environment,
    );
    await until(() => raw().includes('Move 2 letters? [y/N]'));
    type(`${answer}\n`);
    expect((await ended).code).toBe(code);
    expect(night.bodies().queue).toHaveLength(moved);
  });

  it.runIf(HAS_TERMINAL).each([80, 40])(
    'its bar keeps its figures in %i columns, and Ctrl-C does not print into it',
    async (columns) => {
      night = await startNight({ letters: 60 });
      const { ended, type, lines } = onTerminal(
        [
          'dlq',
          'redrive',
          '--stage',
          'local',
          '--yes',
          '--rate',
          '40',
          '--audit-file',
          join(night.cwd, 'audit.jsonl'),
        ],
        columns,
        night.environment,
      );
      const shown = (pattern: RegExp) => lines().some(({ text }) => pattern.test(text));
      await until(() => shown(/(^|\s)[1-9]\d? of 60 letters moved/));
      type('\u0003');
      const { code, lines: after } = await ended;
      expect(code).toBe(130);
      const stopping = after.filter(({ text }) => text.includes('Stopping after'));
      expect(stopping.map(({ text }) => text.slice(0, 14))).toEqual(['Stopping after']);
      const report = after.slice(after.findIndex(({ text }) => text.startsWith('Interrupted.')));
      expect(report[0]?.text).toMatch(/^Interrupted\. Moved \d+ of 60/);
      expect(report.filter(({ wrapped }) => wrapped)).toEqual([]);
      expect(night.queues.deadLettersInFlight()).toBe(0);
      expectNobodyLostOrDoubled();
    },
  );
});
