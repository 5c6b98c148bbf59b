import { open, readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import { OperatorError } from '../exit.ts';
import { checkPoolId, type PoolState, settings } from './cognito.ts';

const savedPool = z.object({
  userPoolId: z.string(),
  readAt: z.string(),
  userPool: settings,
  mfa: settings,
});

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unexpected';

/** The name of a file for a pool's settings, in the folder where the command was given. */
export const savedFileName = (userPoolId: string, now: Date): string =>
  `user-pool-${userPoolId}-${now.toISOString().replace(/[-:]|\.\d+/g, '')}.json`;

/**
 * Saves everything that Cognito tells about a pool's settings, through to the disk and for the operator's eyes alone.
 *
 * @throws OperatorError when it cannot, or when there is such a file already.
 */
export async function savePool(path: string, userPoolId: string, state: PoolState): Promise<void> {
  const content = { userPoolId, readAt: new Date().toISOString(), ...state };
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(content, undefined, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    const reason = reasonOf(error);
    throw new OperatorError(
      reason === 'EEXIST'
        ? `What --save names is there already, and is not written over. Nothing was changed. --save gives another name.`
        : `The file that is to keep the pool's settings cannot be written (${reason}). Nothing was changed. --save puts it elsewhere.`,
    );
  }
}

/** Reads what {@link savePool} has saved. */
export async function readSavedPool(path: string): Promise<PoolState & { userPoolId: string }> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new OperatorError(`What --file names cannot be read (${reasonOf(error)}). Nothing was changed.`);
  });
  const foreign = new OperatorError(
    'What --file names is not a file that this command has saved. Nothing was changed.',
  );
  let saved: z.infer<typeof savedPool> | undefined;
  try {
    saved = savedPool.safeParse(JSON.parse(text)).data;
  } catch {
    throw foreign;
  }
  if (saved === undefined) throw foreign;
  return { ...saved, userPoolId: checkPoolId(saved.userPoolId) };
}
