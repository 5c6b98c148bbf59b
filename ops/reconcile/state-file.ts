import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import { EXIT, type ExitCode, OperatorError } from '../exit.ts';

const count = z.int().check(z.nonnegative());

const stateSchema = z.object({
  reconcile: z.literal(1),
  userPoolId: z.string(),
  since: z.iso.datetime(),
  /** Null where nobody is sent. */
  queueUrl: z.nullable(z.string()),
  /** Names the run to SQS, which drops what comes a second time. */
  run: z.string(),
  /** Cognito's own mark of a place in its list, and how many users of that page are done. */
  position: z.object({ token: z.optional(z.string()), skip: count }),
  counts: z.object({
    seen: count,
    checked: count,
    missing: count,
    withoutUsername: count,
    sent: count,
    unusable: count,
  }),
  /** Of whom SQS has not taken: how many by its code. They are done with, and not to be forgotten. */
  refused: z.optional(z.record(z.string(), count)),
});

/** How far a run has come. No address and no username is in it. */
export type State = z.infer<typeof stateSchema>;

/** What a run is about: only the same one goes on. */
export type Subject = Pick<State, 'userPoolId' | 'since' | 'queueUrl'>;

export const fresh = (subject: Subject): State => ({
  reconcile: 1,
  ...subject,
  run: randomUUID(),
  position: { skip: 0 },
  counts: { seen: 0, checked: 0, missing: 0, withoutUsername: 0, sent: 0, unusable: 0 },
});

/** In the folder where the command is given. */
export const stateFileOf = ({ userPoolId, since, queueUrl }: Subject): string =>
  `reconcile-${userPoolId}-${since.replaceAll(/[-:]|\.\d+/g, '')}${queueUrl === null ? '' : '-send'}.state`;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unexpected';

/**
 * What an earlier run has left; undefined where there is none.
 *
 * @throws OperatorError when it cannot be read, or is about something else.
 */
export async function readState(path: string, subject: Subject): Promise<State | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new OperatorError(`The state file cannot be read (${codeOf(error)}). --state names another.`);
  });
  if (text === undefined) return undefined;
  const state = parsed(text);
  if (state === undefined) {
    throw new OperatorError(
      "What has the state file's name is not one of this command. Nothing was done. --state names another.",
    );
  }
  const isSame =
    state.userPoolId === subject.userPoolId &&
    state.since === subject.since &&
    state.queueUrl === subject.queueUrl;
  if (isSame) return state;
  throw new OperatorError(
    'The state file is of a run with another pool, another --since or another queue. Nothing was done. --again begins anew, or --state names another.',
  );
}

function parsed(text: string): State | undefined {
  try {
    return stateSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Whole or not at all: a death in the middle leaves the state of before. */
export async function saveState(
  path: string,
  state: State,
  exitCode: ExitCode = EXIT.notDone,
): Promise<void> {
  try {
    await writeFile(`${path}.new`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
  } catch (error) {
    throw new OperatorError(
      `The state file cannot be written (${codeOf(error)}). --state puts it elsewhere.`,
      exitCode,
    );
  }
}

export const removeState = (path: string): Promise<void> => rm(path, { force: true });
