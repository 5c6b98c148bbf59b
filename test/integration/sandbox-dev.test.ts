import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';

// npm run dev and npm run sign-up, as somebody types them. The ports are free ones, so that others may be at work here.

vi.setConfig({ testTimeout: 90_000 });

const WAIT = { interval: 20, timeout: 60_000 };

interface Running {
  child: ChildProcess;
  printed: { out: string; err: string };
  ended: Promise<number | null>;
}

const started: Running[] = [];

function start(script: string, ...args: string[]): Running {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (printed.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (printed.err += chunk.toString()));
  const running = { child, printed, ended: once(child, 'close').then(() => child.exitCode) };
  started.push(running);
  return running;
}

async function startDev(...args: string[]) {
  const ports = ['--window-port', '0', '--hubspot-port', '0', '--sqs-port', '0'];
  const dev = start('sandbox/dev.ts', ...ports, ...args);
  await expect.poll(() => dev.printed.out + dev.printed.err, WAIT).toContain('Ctrl-C ends it.');
  const window = /everything to it: +(\S+)/.exec(dev.printed.out + dev.printed.err)?.[1] ?? '';
  return { ...dev, window };
}

const signUp = (...args: string[]) => start('sandbox/sign-up-command.ts', ...args);

afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});

/** As a terminal sends it: to the whole group, instances included. */
async function pressCtrlC({ child, ended }: Running): Promise<number | null> {
  process.kill(child.pid ?? 0, 'SIGINT');
  return await ended;
}

test('a sign-up says what became of it, as often as somebody signs up; dev prints a line for each thing', async () => {
  const dev = await startDev();
  // Of a person who is known by now, the card shows that it was this person's own sign-up that made it.
  const again = /Synced: (nothing was left to do|the card has the username now; no note was due)/;
  for (const outcome of [/Synced: a new card was created/, again, again]) {
    const ada = signUp('ada@example.org', 'AdaL', '--window', dev.window);
    expect(await ada.ended).toBe(0);
    expect(ada.printed.out).toMatch(/^\d\d:\d\d:\d\d {2}ada@example.org {2}Cognito confirms the sign-up/);
    expect(ada.printed.out).toMatch(/POST \/crm\/v3\/objects\/contacts → (201|409), \d+ ms/);
    expect(ada.printed.out).toMatch(outcome);
    expect(ada.printed.err).toBe('');
  }
  expect(dev.printed.out).toContain('ada@example.org  Synced: a new card was created');
  expect(dev.printed.out).not.toContain('{"level"');
  expect(await pressCtrlC(dev)).toBe(0);
  expect(dev.printed.out.trimEnd().split('\n').at(-1)).toBe('Ended. Nothing is kept.');
  expect(dev.printed.err).toBe('');
});

test('a person whom HubSpot refuses becomes a dead letter, with what to do, and the command says so', async () => {
  const dev = await startDev('--json');
  const nobody = signUp('nobody@example.invalid', '\u001b[31mred', '--window', dev.window);
  expect(await nobody.ended).toBe(1);
  expect(nobody.printed.out).toContain('Became a dead letter: EmailRefused.');
  expect(nobody.printed.out).toContain('What to do: If the person is wanted in HubSpot');
  expect(nobody.printed.out).not.toContain('\u001b');
  // Log lines and nothing else, each of them JSON.
  const lines = dev.printed.out.split('\n').filter((line) => line !== '');
  expect(lines.map((line) => JSON.parse(line).message)).toContain('Sign-up became a dead letter');
  expect(await pressCtrlC(dev)).toBe(0);
});

test('what is typed wrong, and a dev that does not run, are answered with a sentence', async () => {
  const alone = signUp('ada@example.org');
  expect(await alone.ended).toBe(2);
  expect(alone.printed.err).toContain('Who? An address and a username.');
  const nobodyThere = signUp('ada@example.org', 'AdaL', '--window', 'http://127.0.0.1:9');
  expect(await nobodyThere.ended).toBe(1);
  expect(nobodyThere.printed.err.trim()).toBe(
    'Nobody answers at http://127.0.0.1:9: is "npm run dev" running?',
  );
});

test('a port that is taken is told of', async () => {
  const dev = await startDev();
  const { port } = new URL(dev.window);
  const second = start('sandbox/dev.ts', '--window-port', port, '--hubspot-port', '0', '--sqs-port', '0');
  expect(await second.ended).toBe(1);
  expect(second.printed.err).toContain('is in use: is another "npm run dev" running?');
});
