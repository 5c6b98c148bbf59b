import { expect, it, vi } from 'vitest';
import { run } from './ops-command.ts';

vi.setConfig({ testTimeout: 60_000 });

const COLUMNS = 80;
const LINES = 45;

it.each([
  '',
  'dlq',
  'dlq list',
  'dlq show',
  'dlq redrive',
  'dlq drop',
  'dlq save',
  'dlq load',
  'doctor',
  'reconcile',
  'send',
  'status',
  'trace',
  'trigger',
])('the help of "%s" fits a screen, and has two examples', async (command) => {
  const { code, stdout, stderr } = await run([...command.split(' ').filter(Boolean), '--help'], {});
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines.filter((line) => line.length > COLUMNS)).toEqual([]);
  expect(lines.length).toBeLessThanOrEqual(LINES);
  expect(lines.filter((line) => line.startsWith('  $ wme-hubspot-sync '))).toHaveLength(2);
});
