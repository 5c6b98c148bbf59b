import { existsSync, readFileSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { dropReport, loadReport, saveReport } from '../../ops/dead-letters/reports.ts';
import { startGate, until } from './ops-command.ts';
import { putLetter, startNight } from './ops-dead-letters.ts';
import { HAS_TERMINAL, onTerminal } from './ops-terminal.ts';

vi.setConfig({ testTimeout: 180_000 });

let night: Awaited<ReturnType<typeof startNight>>;
afterEach(() => night.stop());

const BECAUSE = ['--because', 'not wanted in HubSpot, INC-123'];
const drop = (...args: string[]) => night.report(['dlq', 'drop', '--yes', ...BECAUSE, ...args]);
const load = (...args: string[]) => night.report(['dlq', 'load', '--yes', ...args]);
const inFolder = (name: string): string => join(night.cwd, name);
const savedBodies = (file: string): string[] =>
  readFileSync(inFolder(file), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).body)
    .toSorted();

/** What the dead-letter queue holds, but for what SQS makes anew. */
const letters = () =>
  night.queues
    .deadLetters()
    .map(({ body, messageAttributes, messageGroupId }) => ({ body, messageAttributes, messageGroupId }))
    .toSorted((a, b) => (a.body < b.body ? -1 : 1));

describe('dlq drop', () => {
  it('saves each letter before it deletes it, for the operator’s eyes alone, and writes down why', async () => {
    night = await startNight({ letters: 300 });
    const refused = night.messages.filter(({ kind }) => kind === 'refused').map(({ body }) => body);
    const { code, report } = await drop('--error-code', 'HubSpotRejected', '--file', 'dropped.jsonl');
    expect(code).toBe(0);
    expect(dropReport.parse(report)).toMatchObject({
      outcome: 'dropped',
      matched: 100,
      dropped: 100,
      file: 'dropped.jsonl',
    });
    expect(savedBodies('dropped.jsonl')).toEqual(refused.toSorted());
    expect(statSync(inFolder('dropped.jsonl')).mode & 0o777).toBe(0o600);
    expect(night.bodies().deadLetters).toHaveLength(200);
    expect(night.queues.deadLettersInFlight()).toBe(0);
    const audit = await readFile(inFolder('wme-hubspot-sync-audit.jsonl'), 'utf8');
    expect(audit.match(/"because":"not wanted in HubSpot, INC-123"/g)?.length).toBe(102);
    expect(audit).toMatch(
      /"event":"ended","outcome":"dropped","counts":\{"matched":100,"dropped":100\}\}\n$/,
    );
    expect(audit).not.toMatch(/person\.\d|Person \d/);
  });

  it('and load brings them back as they were, with every kind of attribute', async () => {
    night = await startNight({ letters: 30 });
    await night.queues.sqs.send(
      new (await import('@aws-sdk/client-sqs')).SendMessageCommand({
        QueueUrl: night.queues.dlqUrl,
        MessageBody: '{"email":"a@b","username":"ä\\u0000\\uffff","verifiedAt":"2026-11-23T18:00:00Z"}',
        MessageGroupId: 'group',
        MessageDeduplicationId: 'id',
        MessageAttributes: {
          ErrorCode: { DataType: 'String', StringValue: 'Novelty' },
          Raw: { DataType: 'Binary', BinaryValue: Uint8Array.from([0, 1, 254, 255]) },
          Priority: { DataType: 'Number.int', StringValue: '7' },
        },
      }),
    );
    const before = letters();
    await drop('--error-code', 'InvalidMessage', '--error-code', 'Novelty', '--file', 'dropped.jsonl');
    expect(letters()).toHaveLength(20);
    const { code, report } = await load('dropped.jsonl');
    expect(code).toBe(0);
    expect(loadReport.parse(report)).toMatchObject({ outcome: 'loaded', letters: 11, loaded: 11 });
    expect(letters()).toEqual(before);

    expect((await load('dropped.jsonl')).report).toMatchObject({ outcome: 'already-loaded', loaded: 0 });
    expect((await load('dropped.jsonl', '--again')).report).toMatchObject({ outcome: 'loaded', loaded: 11 });
    expect(letters()).toHaveLength(42);
  });

  it('takes IDs, and nothing at all if one of them is of no letter', async () => {
    night = await startNight({ letters: 6 });
    const { report: listed } = await night.report(['dlq', 'list', '--detail']);
    const [one, two] = listed.details.map(({ id }: { id: string }) => id);
    const wrong = await drop(one, 'none');
    expect(wrong).toMatchObject({ code: 2, report: { outcome: 'error', dropped: 0 } });
    expect((await drop(one, two)).report).toMatchObject({ matched: 2, dropped: 2 });
    expect(letters()).toHaveLength(4);
  });

  it.each([
    [['dlq', 'drop', '--yes', ...BECAUSE], /Which letters\?/],
    [['dlq', 'drop', '--yes', '--reason', 'NotJson'], /Why\? --because/],
    [
      ['dlq', 'drop', '--yes', '--reason', 'NotJson', '--because', 'of ada@example.org'],
      /holds no addresses/,
    ],
    [['dlq', 'drop', '--reason', 'NotJson', ...BECAUSE], /there is no terminal to ask on/],
    [
      ['dlq', 'drop', '--yes', '--reason', 'NotJson', ...BECAUSE, '--file', '/no/such'],
      /cannot be written \(ENOENT\)/,
    ],
  ])('%j ends with 2, and drops nothing', async (args, message) => {
    night = await startNight({ letters: 9 });
    const { code, report, stderr } = await night.report(args);
    expect(code).toBe(2);
    expect(report).toMatchObject({ command: 'dlq drop', outcome: 'error', dropped: 0 });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('ada@');
    expect(letters()).toHaveLength(9);
  });

  it('never writes over a file', async () => {
    night = await startNight({ letters: 3 });
    await writeFile(inFolder('there.jsonl'), 'mine');
    const { code, stderr } = await drop('--reason', 'NotJson', '--file', 'there.jsonl');
    expect(code).toBe(2);
    expect(stderr).toContain('not written over');
    expect(await readFile(inFolder('there.jsonl'), 'utf8')).toBe('mine');
  });

  it.each(['SIGINT', 'SIGKILL'] as const)(
    '%s in the middle: whatever is gone is in the file',
    async (signal) => {
      night = await startNight({ letters: 300 });
      const bodies = night.messages.map(({ body }) => body).toSorted();
      const { child, ended } = night.start([
        'dlq',
        'drop',
        '--yes',
        ...BECAUSE,
        '--older-than',
        '0m',
        '--file',
        'first.jsonl',
        '--json',
      ]);
      await until(() => night.bodies().deadLetters.length < 250);
      child.kill(signal);
      const { code, stdout } = await ended;
      const left = night.bodies().deadLetters;
      const saved = savedBodies('first.jsonl');
      expect(left.length).toBeGreaterThan(0);
      if (signal === 'SIGINT') {
        expect(code).toBe(130);
        expect(JSON.parse(stdout)).toMatchObject({ outcome: 'interrupted', dropped: saved.length });
        expect(night.queues.deadLettersInFlight()).toBe(0);
        expect([...left, ...saved].toSorted()).toEqual(bodies);
      } else {
        // The one that was under way may be in both.
        expect(saved.length + left.length - bodies.length).toBeLessThanOrEqual(1);
        expect([...new Set([...left, ...saved])].toSorted()).toEqual(bodies);
        await night.queues.releaseDeadLetters();
      }
      expect((await drop('--older-than', '0m', '--file', 'second.jsonl')).report.outcome).toBe('dropped');
      expect(night.bodies().deadLetters).toEqual([]);
      expect([...new Set([...saved, ...savedBodies('second.jsonl')])].toSorted()).toEqual(bodies);
    },
  );

  it.runIf(HAS_TERMINAL)('asks on a terminal', async () => {
    night = await startNight({ letters: 9 });
    const { ended, type, raw } = onTerminal(
      ['dlq', 'drop', '--stage', 'local', '--reason', 'NotJson', ...BECAUSE, '--file', inFolder('x.jsonl')],
      40,
      night.environment,
    );
    await until(() => raw().includes('delete them here? [y/N]'));
    type('n\n');
    expect((await ended).code).toBe(1);
    expect(letters()).toHaveLength(9);
    expect(existsSync(inFolder('x.jsonl'))).toBe(false);
  });
});

describe('dlq save', () => {
  it('saves what is meant, and leaves it where it is', async () => {
    night = await startNight({ letters: 30 });
    const { code, report } = await night.report(['dlq', 'save', '--error-code', 'DeliveriesExhausted']);
    expect(code).toBe(0);
    const { file, saved } = saveReport.parse(report);
    expect(saved).toBe(10);
    expect(file).toMatch(/^dead-letters-\d{8}T\d{9}Z\.jsonl$/);
    expect(savedBodies(String(file))).toHaveLength(10);
    expect(letters()).toHaveLength(30);
    expect(night.queues.deadLettersInFlight()).toBe(0);
  });
});

describe('a disk that fills up', () => {
  const SOME = ['--error-code', 'DeliveriesExhausted', '--file', 'some.jsonl'];

  it('stops save, which tells of the file and of what is in it', async () => {
    night = await startNight({ letters: 90 });
    const { code, report } = await night.report(['dlq', 'save', ...SOME], {}, { diskBytes: 4_096 });
    const saved = savedBodies('some.jsonl').length;
    expect(code).toBe(1);
    expect(saveReport.parse(report)).toMatchObject({
      outcome: 'incomplete',
      matched: 30,
      saved,
      file: 'some.jsonl',
    });
    expect(saved).toBeGreaterThan(0);
    expect(report.message).toMatch(/holds addresses.*Stopped: The file .* cannot be written \(EFBIG\)/);
    expect(report.message).not.toContain('SQS');
    expect(night.queues.deadLettersInFlight()).toBe(0);
  });

  it('stops drop, and every letter that is gone is in the file', async () => {
    night = await startNight({ letters: 90 });
    const bodies = night.messages.map(({ body }) => body).toSorted();
    const { code, report } = await night.report(
      ['dlq', 'drop', '--yes', ...BECAUSE, ...SOME],
      {},
      {
        diskBytes: 4_096,
      },
    );
    const saved = savedBodies('some.jsonl');
    expect(code).toBe(1);
    expect(report).toMatchObject({ outcome: 'incomplete', matched: 30, file: 'some.jsonl' });
    expect(report.message).toMatch(/Stopped: The (file|audit file).* cannot be written \(EFBIG\)/);
    expect(report.dropped).toBe(90 - night.bodies().deadLetters.length);
    expect([...new Set([...night.bodies().deadLetters, ...saved])].toSorted()).toEqual(bodies);
  });

  it('stops load, and the same command goes on', async () => {
    night = await startNight({ letters: 90 });
    const bodies = night.messages.map(({ body }) => body).toSorted();
    await drop('--older-than', '0m', '--file', 'all.jsonl', '--audit-file', 'first.jsonl');
    const { code, report } = await night.report(
      ['dlq', 'load', '--yes', 'all.jsonl'],
      {},
      {
        diskBytes: 4_096,
      },
    );
    expect(code).toBe(1);
    expect(report).toMatchObject({ outcome: 'incomplete', loaded: night.bodies().deadLetters.length });
    expect(report.message).toMatch(/cannot be written \(EFBIG\)/);
    expect(report.message).not.toContain('SQS');
    expect((await load('all.jsonl')).report.outcome).toBe('loaded');
    expect(night.bodies().deadLetters).toEqual(bodies);
  });
});

describe('dlq load', () => {
  async function emptied(count: number): Promise<string[]> {
    night = await startNight({ letters: count });
    await drop('--older-than', '0m', '--file', 'all.jsonl');
    expect(letters()).toEqual([]);
    return night.messages.map(({ body }) => body).toSorted();
  }

  it.each(['SIGINT', 'SIGKILL'] as const)(
    '%s in the middle, and again: each is back once',
    async (signal) => {
      const bodies = await emptied(100);
      const gate = await startGate(night.queues.endpoint, 30);
      const { child, ended } = night.start(['dlq', 'load', '--yes', 'all.jsonl', '--json'], {
        AWS_ENDPOINT_URL_SQS: gate.address,
        DLQ_URL: '',
      });
      await until(() => gate.kept() > 0);
      child.kill(signal);
      if (signal === 'SIGINT') gate.open();
      const { code, stdout } = await ended;
      gate.stop();
      if (signal === 'SIGINT') {
        expect(code).toBe(130);
        expect(JSON.parse(stdout)).toMatchObject({ outcome: 'interrupted' });
      }
      expect(letters().length).toBeGreaterThan(20);
      expect(letters().length).toBeLessThan(100);
      // The journal is of this queue, whose address the gate had changed.
      const journal = inFolder('all.jsonl.loaded');
      const text = await readFile(journal, 'utf8');
      await writeFile(journal, text.replaceAll(gate.address, night.queues.endpoint));
      const { report } = await load('all.jsonl');
      expect(report).toMatchObject({ outcome: 'loaded' });
      expect(night.bodies().deadLetters).toEqual(bodies);
    },
  );

  it('reads a file whose last line is torn, and no other file', async () => {
    await emptied(3);
    const text = await readFile(inFolder('all.jsonl'), 'utf8');
    await writeFile(inFolder('torn.jsonl'), `${text}{"deadLetter":1,"id":"x","bo`);
    expect((await load('torn.jsonl')).report).toMatchObject({ outcome: 'loaded', loaded: 3 });

    await writeFile(inFolder('damaged.jsonl'), `{"deadLetter":1}\n${text}`);
    await writeFile(inFolder('users.csv'), 'email,username\nada@example.org,AdaL\n');
    for (const [file, said] of [
      ['damaged.jsonl', 'Line 1 is no letter'],
      ['users.csv', 'Line 1 is no letter'],
      ['none.jsonl', 'cannot be read (ENOENT)'],
    ] as const) {
      const { code, report, stderr } = await load(file);
      expect({ code, outcome: report.outcome }).toEqual({ code: 2, outcome: 'error' });
      expect(stderr).toContain(said);
      expect(stderr).not.toContain('ada@');
    }
    expect(letters()).toHaveLength(3);
  });

  it('a letter that SQS had moved comes back with the time that it had', async () => {
    night = await startNight();
    await putLetter(night.queues, '{"email":"ada@example.org","username":"AdaL"}');
    await drop('--error-code', 'none', '--file', 'mute.jsonl');
    await load('mute.jsonl');
    const [letter] = night.queues.deadLetters();
    expect(Object.keys(letter?.messageAttributes ?? {})).toEqual(['FirstSentTimestamp']);
  });
});
