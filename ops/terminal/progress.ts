import { Format, Presets, SingleBar } from 'cli-progress';

const PLAIN_LINE_EVERY_MS = 5_000;
/** What stands beside the bar, at its longest. */
const FIGURES_COLUMNS = 50;
const BAR_MIN = 10;
const BAR_MAX = 40;

/** Shows how far a long command has come. */
export interface Progress {
  advance(by: number): void;
  /** Says something in between, on lines of its own. */
  say(text: string): void;
  stop(): void;
}

/** Narrow terminals cut off the end of a line: there the figures are worth more than the bar. */
function formatFor(columns: number, what: string): { format: string; barsize: number } {
  const room = columns - FIGURES_COLUMNS - what.length;
  const figures = `{value} of {total} ${what}`;
  if (room >= BAR_MIN) {
    return {
      format: `{bar} {percentage}%  ${figures}, {eta_formatted} left`,
      barsize: Math.min(room, BAR_MAX),
    };
  }
  return { format: `{percentage}%  ${figures}`, barsize: BAR_MIN };
}

function bar(total: number, done: number, what: string, stream: NodeJS.WriteStream): Progress {
  const single = new SingleBar(
    {
      stream,
      ...formatFor(stream.columns || 80, what),
      formatTime: Format.TimeFormat,
      hideCursor: true,
      // The command itself answers Ctrl-C.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  single.start(total, done);
  let value = done;
  return {
    advance(by) {
      value += by;
      // What was there at the start is an estimate: more may come.
      if (value > single.getTotal()) single.setTotal(value);
      single.update(value);
    },
    say(text) {
      single.stop();
      stream.write(`${text}\n`);
      single.start(Math.max(total, value), value);
    },
    stop: () => single.stop(),
  };
}

function plainLines(total: number, done: number, what: string, stream: NodeJS.WritableStream): Progress {
  let value = done;
  const timer = setInterval(() => stream.write(`${value} of ${total} ${what}\n`), PLAIN_LINE_EVERY_MS);
  return {
    advance(by) {
      value += by;
    },
    say: (text) => void stream.write(`${text}\n`),
    stop: () => clearInterval(timer),
  };
}

/**
 * A bar on a terminal; elsewhere, as in a log, a line every five seconds. Always on standard error.
 *
 * @param what is counted, such as `lines`
 */
export const showProgress = (total: number, done: number, what: string): Progress =>
  process.stderr.isTTY
    ? bar(total, done, what, process.stderr)
    : plainLines(total, done, what, process.stderr);
