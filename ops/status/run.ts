import { machineClock } from '../../lib/clock.ts';
import { inBox, type OpenBox } from '../dead-letters/box.ts';
import { EXIT, OperatorError } from '../exit.ts';
import type { Ended, GlobalOptions } from '../program.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import { endNow } from '../terminal/report.ts';
import { looker } from './look.ts';
import { emptyStatus, type StatusReport } from './reports.ts';
import { statusText } from './text.ts';

export interface StatusOptions extends GlobalOptions {
  /** Seconds between two looks. */
  watch?: string | true;
}

const PAUSE_SECONDS = 5;
const PAUSE_MAX_SECONDS = 3_600;
/** To the upper left corner, and nothing below (ECMA-48). */
const CLEAR = '\u001B[H\u001B[2J';

function pauseOf(watch: string | true): number {
  if (watch === true) return PAUSE_SECONDS;
  const seconds = Number(watch);
  if (/^\d{1,4}(\.\d)?$/.test(watch) && seconds > 0 && seconds <= PAUSE_MAX_SECONDS) return seconds;
  throw new OperatorError('--watch is how many seconds lie between two looks, such as 5.');
}

async function tell(box: OpenBox, { watch, json = false }: StatusOptions): Promise<Ended> {
  if (watch !== undefined && json) {
    throw new OperatorError('--watch is for people. With --json, ask again instead.');
  }
  const pauseMs = watch === undefined ? undefined : pauseOf(watch) * 1_000;
  const interrupted = { outcome: 'interrupted', exitCode: EXIT.interrupted, message: 'Stopped.' } as const;
  const stop = stopOnInterrupt({
    after: 'this look',
    say: (text) => void (pauseMs === undefined && process.stderr.write(`${text}\n`)),
    endAtOnce: () => endNow({ ...emptyStatus, ...interrupted }, json),
  });
  const look = looker(box, stop);
  for (;;) {
    const seen = await look();
    const text = statusText(seen);
    const report = { ...emptyStatus, ...seen };
    if (stop.aborted) return { report: { ...report, ...interrupted } satisfies StatusReport };
    if (pauseMs === undefined) {
      const message = `Told of ${seen.where}.`;
      return { report: { ...report, outcome: 'told', message } satisfies StatusReport, body: text };
    }
    process.stdout.write(process.stdout.isTTY ? `${CLEAR}${text}\n` : `${text}\n\n`);
    await machineClock.sleep(pauseMs, stop).catch(() => undefined);
    if (stop.aborted) return { report: { ...report, ...interrupted } satisfies StatusReport };
  }
}

/** Tells how a stage is, once or over and over. */
export const runStatus = (options: StatusOptions): Promise<Ended> => inBox(options, tell);
