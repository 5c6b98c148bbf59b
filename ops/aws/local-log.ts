import * as z from 'zod/mini';
import type { LogLines } from './insights.ts';

const TIMEOUT_MS = 5_000;
const lines = z.array(z.string());

/** What the functions of `npm run dev` have printed since it was started: kept in its memory, and naming nobody. */
export async function localLog({ logUrl }: { logUrl: string }): Promise<LogLines> {
  try {
    const response = await fetch(logUrl, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { state: 'read', lines: lines.parse(await response.json()) };
  } catch {
    return { state: 'skipped', reason: 'npm run dev does not answer, or is none that keeps its log lines' };
  }
}
