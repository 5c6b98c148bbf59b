import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../ops/backfill/journal.ts';
import type { JournalEntry } from '../../ops/backfill/journal-file.ts';
import { makePipe } from '../integration/ops-command.ts';

const options = { sha256: 'abc', queueUrl: 'https://example.org/q.fifo', lastLine: 40, again: false };

let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'journal-')), 'users.csv.sent');
});

async function written(entries: readonly JournalEntry[]): Promise<void> {
  const journal = await openJournal(path, options);
  await Promise.all(entries.map((entry) => journal.append(entry)));
  await journal.close();
}

const allStates = (journal: Awaited<ReturnType<typeof openJournal>>) =>
  Array.from({ length: options.lastLine + 1 }, (_, line) => journal.stateOf(line));

async function reopened(changed: Partial<typeof options> = {}) {
  const journal = await openJournal(path, { ...options, ...changed });
  await journal.close();
  return journal;
}

describe('the journal', () => {
  it('knows what was sent, what failed, and what is uncertain', async () => {
    await written([
      { state: 'sending', lines: [2, 3, 4] },
      { state: 'sending', lines: [5, 6] },
      { state: 'sent', lines: [2, 4] },
      { state: 'failed', lines: [3] },
    ]);
    const journal = await reopened();
    expect([1, 2, 3, 4, 5, 6].map(journal.stateOf)).toEqual([
      undefined,
      'sent',
      'failed',
      'sent',
      'sending',
      'sending',
    ]);
    expect([journal.count('sent'), journal.count('sending'), journal.count('failed')]).toEqual([2, 2, 1]);
  });

  it('wherever a death has torn it, never forgets a batch that was sent, and never takes one for sent that was not', async () => {
    const entries: JournalEntry[] = [
      { state: 'sending', lines: [10, 11] },
      { state: 'sending', lines: [12, 13] },
      { state: 'sent', lines: [12, 13] },
      { state: 'sent', lines: [10, 11] },
    ];
    await written(entries);
    const whole = await readFile(path, 'utf8');
    const header = whole.indexOf('\n') + 1;
    for (let cut = header; cut <= whole.length; cut += 1) {
      await writeFile(path, whole.slice(0, cut));
      const survived = whole.slice(header, cut).split('\n').length - 1;
      const expected = new Map<number, string>();
      for (const { state, lines } of entries.slice(0, survived)) {
        for (const line of lines) expected.set(line, state);
      }
      const journal = await openJournal(path, options);
      expect(allStates(journal).flatMap((state, line) => (state ? [[line, state]] : []))).toEqual(
        [...expected].toSorted(([a], [b]) => a - b),
      );
      await journal.append({ state: 'sent', lines: [20] });
      await journal.close();
      expect((await reopened()).stateOf(20)).toBe('sent');
    }
  });

  it('keeps the order of what is written at the same time', async () => {
    const entry = fc.record({
      state: fc.constantFrom('sending', 'sent', 'failed'),
      lines: fc.array(fc.integer({ min: 1, max: options.lastLine }), { minLength: 1, maxLength: 10 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 50 }), async (entries) => {
        const journal = await openJournal(path, { ...options, again: true });
        await Promise.all(entries.map((each) => journal.append(each)));
        await journal.close();
        expect(allStates(await reopened())).toEqual(allStates(journal));
      }),
      { numRuns: 25 },
    );
  });

  it('keeps the time of the first run, also when all is sent again, but not for another content', async () => {
    const { startedAt } = await reopened();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await reopened()).startedAt).toBe(startedAt);
    expect((await reopened({ again: true })).startedAt).toBe(startedAt);
    // It may hold people whom no earlier run has sent: their verification is of now.
    expect((await reopened({ again: true, sha256: 'def' })).startedAt > startedAt).toBe(true);
  });

  it('keeps the name of its run, and has another when all is sent again', async () => {
    const { run } = await reopened();
    expect((await reopened()).run).toBe(run);
    const again = await reopened({ again: true });
    expect(again.run).not.toBe(run);
    expect((await reopened()).run).toBe(again.run);
  });

  it('that names no run, because it is an old one, goes on all the same, always under one name', async () => {
    await written([{ state: 'sent', lines: [2] }]);
    const { run } = await reopened();
    await writeFile(path, (await readFile(path, 'utf8')).replace(`,"run":"${run}"`, ''));
    const old = await reopened();
    expect(old.stateOf(2)).toBe('sent');
    expect(old.run).not.toBe(run);
    expect(old.run).not.toBe('');
    expect((await reopened()).run).toBe(old.run);
    expect((await reopened({ again: true })).run).not.toBe(old.run);
  });

  it('belongs to one content and one queue', async () => {
    await written([]);
    await expect(reopened({ sha256: 'other' })).rejects.toThrow('The file has changed');
    await expect(reopened({ queueUrl: 'https://example.org/other.fifo' })).rejects.toThrow('another queue');
  });

  it('is never written over something else', async () => {
    for (const content of ['email,username\na@b,c\n', '{"journal":2}\n', 'no line end']) {
      await writeFile(path, content);
      await expect(reopened({ again: true })).rejects.toThrow('is not a journal');
      expect(await readFile(path, 'utf8')).toBe(content);
    }
  });

  it('that is damaged in the middle is not believed', async () => {
    await written([{ state: 'sent', lines: [2] }]);
    await writeFile(path, (await readFile(path, 'utf8')).replace('[2]', '[2'));
    await expect(reopened()).rejects.toThrow('Line 2 of');
  });

  it('is written by one run at a time', async () => {
    const first = await openJournal(path, options);
    await expect(reopened()).rejects.toThrow('Another run is at work');
    await first.append({ state: 'sent', lines: [2] });
    await first.close();
    expect((await reopened()).stateOf(2)).toBe('sent');
  });

  it('is free again when a run could not begin', async () => {
    await written([]);
    for (let i = 0; i < 2; i += 1) {
      await expect(reopened({ sha256: 'other' })).rejects.toThrow('The file has changed');
    }
    expect((await reopened()).count('sent')).toBe(0);
  });

  it('that cannot be written says so', async () => {
    path = join(tmpdir(), 'no-such-directory', 'users.csv.sent');
    const refused = await reopened().catch((error: unknown) => error);
    expect(refused).toMatchObject({ message: expect.stringContaining('cannot be written (ENOENT)') });
    // Nothing has been sent yet, so it is a wrong setting.
    expect(refused).toMatchObject({ exitCode: 2 });
  });

  it('is a file: a device would forget, a pipe would wait', async () => {
    makePipe(path);
    await expect(reopened()).rejects.toThrow('is not a regular file');
    path = '/dev/null';
    await expect(reopened()).rejects.toThrow('is not a regular file');
  });
});
