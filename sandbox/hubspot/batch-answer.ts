import type { Answer } from './answers.ts';
import { type ApiVersion, statusOfPart } from './versions.ts';

/** Why a batch read leaves something out. */
export interface BatchError {
  category: string;
  subCategory?: string;
  message: string;
  context: Record<string, string[]>;
}

/** When the work on a batch began and ended, in milliseconds since 1970. */
interface Work {
  startedAt: number;
  completedAt: number;
}

/** The answer of a batch read: what was found, and in `errors` what was not. */
export function batchAnswer(
  version: ApiVersion,
  { startedAt, completedAt }: Work,
  results: readonly unknown[],
  errors: readonly BatchError[],
): Answer {
  const outcome = {
    status: 'COMPLETE',
    results,
    startedAt: new Date(startedAt).toISOString(),
    completedAt: new Date(completedAt).toISOString(),
  };
  if (errors.length === 0) return { status: 200, body: outcome };
  const told = errors.map((error) => ({ status: 'error', ...error }));
  return { status: statusOfPart(version), body: { ...outcome, numErrors: errors.length, errors: told } };
}

/** Objects that a batch read asked for in vain, named as the request named them. */
export const unknownObjects = (type: 'CONTACT' | 'NOTE', ids: string[]): BatchError => ({
  category: 'OBJECT_NOT_FOUND',
  message: `Could not get some ${type} objects, they may be deleted or not exist. Check that ids are valid.`,
  context: { ids },
});
