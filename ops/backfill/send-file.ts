import { BATCH_SIZE, type BatchResult, type Entry, sendBatch } from '../../lib/queue/send-batch.ts';
import { explain, type Queue } from '../aws/queue.ts';
import { EXIT, OperatorError } from '../exit.ts';
import type { Turn } from '../pace.ts';
import type { Journal } from './journal.ts';
import type { JournalEntry, JournalView } from './journal-file.ts';
import type { LineProblem, Row } from './rows.ts';

const BATCHES_IN_FLIGHT = 8;

/** What one run over a file came to, beside what the journal knows. */
export interface SendResult {
  /** Lines that SQS did not take. */
  problems: LineProblem[];
  /** Why the run ended early, if it did. What was not sent is sent by the next run. */
  stopped?: OperatorError;
}

const changed = () => new OperatorError('the file was changed while it was being sent', EXIT.notDone);

/** The rows that are still to be sent, ten by ten. */
async function* batches(
  rows: AsyncIterable<Row>,
  journal: JournalView,
): AsyncGenerator<Entry[], void, undefined> {
  let batch: Entry[] = [];
  for await (const row of rows) {
    if ('problems' in row) throw changed();
    if (journal.stateOf(row.line) === 'sent') continue;
    const { line, verification } = row;
    batch.push({
      line,
      verification: { ...verification, verifiedAt: verification.verifiedAt ?? journal.startedAt },
    });
    if (batch.length < BATCH_SIZE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function sendRecorded(
  queue: Queue,
  journal: Journal,
  batch: Entry[],
  stop: AbortSignal,
): Promise<BatchResult> {
  const record = (state: JournalEntry['state'], lines: number[]) =>
    lines.length === 0 ? undefined : journal.append({ state, lines });
  await record(
    'sending',
    batch.map(({ line }) => line),
  );
  const result = await sendBatch(queue, batch, { run: journal.run, stop });
  await record('sent', result.sent);
  await record(
    'failed',
    result.failed.map(({ line }) => line),
  );
  return result;
}

/**
 * Sends every row that the journal does not know as sent, a few batches at a time.
 *
 * @param turn is waited for before each batch.
 * @param stop lets the batches under way finish, and starts no other.
 * @param onSent is told how many lines each batch brought.
 */
export async function sendFile(
  rows: AsyncIterable<Row>,
  {
    queue,
    journal,
    turn,
    stop,
    onSent,
  }: {
    queue: Queue;
    journal: Journal;
    turn: Turn;
    stop: AbortSignal;
    onSent: (lines: number) => void;
  },
): Promise<SendResult> {
  const result: SendResult = { problems: [] };
  const waiting = batches(rows, journal);
  const worker = async () => {
    // One generator for all workers: the one that stops ends it for the others too.
    for await (const batch of waiting) {
      if (!(await turn(batch.length))) return;
      const { sent, failed, error } = await sendRecorded(queue, journal, batch, stop);
      result.problems.push(
        ...failed.map(({ line, code }) => ({ line, field: 'line', reason: `SQS: ${code}` })),
      );
      onSent(sent.length);
      if (error !== undefined) throw error;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: BATCHES_IN_FLIGHT }, worker));
  const failure = ended.find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') result.stopped = explain(failure.reason);
  result.problems.sort((a, b) => a.line - b.line);
  return result;
}
