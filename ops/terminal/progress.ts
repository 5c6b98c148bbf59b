import { Format, Presets, SingleBar } from 'cli-progress';

const PLAIN_LINE_EVERY_MS = 5_000;

/** Shows how far a long command has come. */
export interface Progress {
  advance(by: number): void;
  stop(): void;
}

function bar(total: number, done: number, stream: NodeJS.WriteStream): Progress {
  const single = new SingleBar(
    {
      stream,
      format: `${'{bar}'} {percentage}%  {value} of {total} lines, {eta_formatted} left`,
      formatTime: Format.TimeFormat,
      hideCursor: true,
      // The command itself answers Ctrl-C.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  single.start(total, done);
  return { advance: (by) => single.increment(by), stop: () => single.stop() };
}

function plainLines(total: number, done: number, stream: NodeJS.WritableStream): Progress {
  let value = done;
  const timer = setInterval(() => stream.write(`${value} of ${total} lines\n`), PLAIN_LINE_EVERY_MS);
  return {
    advance(by) {
      value += by;
    },
    stop: () => clearInterval(timer),
  };
}

/** A bar on a terminal; elsewhere, as in a log, a line every five seconds. Always on standard error. */
export const showProgress = (total: number, done: number): Progress =>
  process.stderr.isTTY ? bar(total, done, process.stderr) : plainLines(total, done, process.stderr);
