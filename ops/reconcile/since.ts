import * as z from 'zod/mini';
import { OperatorError } from '../exit.ts';

const time = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/**
 * A date means its beginning, by UTC.
 *
 * @throws OperatorError when it is none, or not over yet.
 */
export function sinceOf(given: string, now: Date): Date {
  const since = new Date(time.safeParse(given).data ?? Number.NaN);
  if (Number.isNaN(since.getTime())) {
    throw new OperatorError(
      '--since is a date such as 2026-11-20, or a time with a time zone such as 2026-11-20T18:00:00Z.',
    );
  }
  if (since > now) throw new OperatorError('--since lies in the future: there is nobody to compare.');
  return since;
}
