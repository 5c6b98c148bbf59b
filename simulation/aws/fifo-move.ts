import type { Timeline } from '../time/timeline.ts';
import { sqsError } from './fifo-intake.ts';
import type { Entry, MovedMessage } from './fifo-order.ts';

export interface MoveOptions {
  /** 1 to 500. */
  perSecond: number;
  onEnd?: (moved: number) => void;
}

/** SQS docs, StartMessageMoveTask. */
const PER_SECOND_MAX = 500;

/**
 * The console's redrive. AWS does not say what becomes of hidden messages, nor of those that come in meanwhile. Here the
 * task is one more consumer: it moves what can be received, oldest first, and ends when nothing can.
 *
 * @param takeOut the next message, no longer in its queue
 */
export function createMover(
  timeline: Timeline,
  newId: () => string,
  takeOut: () => Entry | undefined,
): (to: { takeOver(message: MovedMessage): void }, options: MoveOptions) => void {
  let running = false;

  return (to, { perSecond, onEnd }) => {
    // Recorded on AWS, in localstack's test_start_multiple_move_tasks.
    if (running) throw sqsError('InvalidParameterValue', 'There is already a task running.');
    if (!Number.isInteger(perSecond) || perSecond < 1 || perSecond > PER_SECOND_MAX)
      throw sqsError(
        'InvalidParameterValue',
        `MaxNumberOfMessagesPerSecond must be between 1 and ${PER_SECOND_MAX}.`,
      );
    running = true;
    let moved = 0;

    function moveNext(): void {
      const message = takeOut();
      if (message === undefined) {
        running = false;
        onEnd?.(moved);
        return;
      }
      // "All redriven messages are considered new messages with a new messageID and enqueueTime" (SQS docs, redrive).
      to.takeOver({ ...message, messageId: newId(), deduplicationId: newId(), receiveCount: 0 });
      moved += 1;
      timeline.after(1_000 / perSecond, moveNext);
    }
    timeline.after(0, moveNext);
  };
}
