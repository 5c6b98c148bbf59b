import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Scrubber } from './scrub.ts';
import { differences } from './shape.ts';
import type { Exchange } from './wire.ts';

const recordingSchema = z.object({
  status: z.number(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown(),
});

/** One of HubSpot's answers, without anything that tells who it was about. */
export type Recording = z.infer<typeof recordingSchema>;

/** Tell something of how HubSpot answers, and nothing of a call. How much of a limit is left, it does. */
const HEADERS =
  /^(content-type|retry-after|x-hubspot-ratelimit-(max|interval-milliseconds|secondly|daily)|deprecation|sunset)$/;
const COUNTS = /^x-hubspot-ratelimit-(remaining|daily-remaining|secondly-remaining)$/;

/** What is kept of an answer. */
export const recordingOf = (
  { status, headers, body }: Pick<Exchange, 'status' | 'headers' | 'body'>,
  scrub: Scrubber,
): Recording => ({
  status,
  headers: Object.fromEntries(
    [...headers].flatMap(([name, value]) =>
      HEADERS.test(name) ? [[name, value]] : COUNTS.test(name) ? [[name, '<count>']] : [],
    ),
  ),
  body: scrub.json(body),
});

/** Saves a recording as `<folder>/<version>/<name>.json`. */
export function saveRecording(folder: string, version: string, name: string, recording: Recording): void {
  mkdirSync(join(folder, version), { recursive: true });
  writeFileSync(join(folder, version, `${name}.json`), `${JSON.stringify(recording, null, 2)}\n`);
}

/** Every recording in a folder, by version and name. None where there is no folder. */
export function readRecordings(folder: string): Map<string, Recording> {
  const read = new Map<string, Recording>();
  let files: string[] = [];
  try {
    files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  for (const file of files.filter((name) => name.endsWith('.json')).sort()) {
    const { success, data } = recordingSchema.safeParse(JSON.parse(readFileSync(join(folder, file), 'utf8')));
    if (!success) throw new Error(`${file} is no recording`);
    read.set(file.replace(/\.json$/, ''), data);
  }
  return read;
}

/** Where what was seen differs from what was recorded. What was seen beyond the recordings is no difference. */
export function compareWithRecordings(recorded: string, seen: string): string[] {
  const answers = readRecordings(seen);
  return [...readRecordings(recorded)].flatMap(([name, recording]) => {
    const answer = answers.get(name);
    if (answer === undefined) return [`${name}: nobody asks for it any more`];
    const found = differences(recording.body, answer.body);
    if (recording.status !== answer.status) {
      found.unshift(`status: ${recording.status} was recorded, ${answer.status} came`);
    }
    return found.map((difference) => `${name}: ${difference}`);
  });
}
