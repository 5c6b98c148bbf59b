import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import xterm from '@xterm/headless';

/** util-linux's, which gives a command a terminal of its own. */
export const HAS_TERMINAL = process.platform === 'linux' && existsSync('/usr/bin/script');

const bin = resolve('ops/bin.mjs');
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Starts the operators' command on a pseudo-terminal of so many columns, and reads back what stands on it. */
export function onTerminal(args: readonly string[], columns: number, environment: Record<string, string>) {
  const command = [process.execPath, bin, ...args].map(quoted).join(' ');
  const child = spawn('script', ['-qefc', `stty cols ${columns} rows 50; exec ${command}`, '/dev/null'], {
    env: {
      PATH: process.env.PATH,
      TERM: 'xterm-256color',
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ...environment,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const terminal = new xterm.Terminal({
    cols: columns,
    rows: 50,
    scrollback: 10_000,
    allowProposedApi: true,
  });
  let raw = '';
  child.stdout.on('data', (chunk: Buffer) => {
    raw += chunk.toString();
    terminal.write(chunk);
  });

  /** The lines on the screen and above it. */
  function lines(): { text: string; wrapped: boolean }[] {
    const { active } = terminal.buffer;
    return Array.from({ length: active.length }, (_, row) => {
      const line = active.getLine(row);
      return { text: line?.translateToString(true) ?? '', wrapped: line?.isWrapped === true };
    });
  }

  return {
    type: (text: string) => child.stdin.write(text),
    raw: () => raw,
    lines,
    ended: once(child, 'close').then(async () => {
      await new Promise<void>((done) => terminal.write('', done));
      return { code: child.exitCode, lines: lines() };
    }),
  };
}
