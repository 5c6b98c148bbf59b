import { failed, ok } from './check.ts';
import type { Examined } from './examined.ts';

/* What the checks of a deployed stage share. */

export const DEPLOY = 'Deploy the stack again: infrastructure/ has it right.';

/** What only a deployed stage has. */
export const deployedOnly =
  (what: string) =>
  ({ stage }: Examined): string | undefined => {
    if (stage.name === 'local') return `npm run dev has no ${what}`;
    return stage.name === undefined ? `only --stage tells which ${what} it is` : undefined;
  };

/** What differs from what infrastructure/ deploys, as sentences; nothing where all is as it should be. */
export const differing = (...problems: (string | false)[]): string | undefined => {
  const found = problems.filter((problem) => problem !== false);
  return found.length === 0 ? undefined : found.join('; ');
};

/** Well, where nothing differs. */
export const asDeployed = (problem: string | undefined, detail?: string) =>
  problem === undefined ? ok(detail) : failed(problem);

/** A variable of a function's environment. */
export const variable = (
  { Environment }: Awaited<ReturnType<Examined['syncContact']>>,
  name: string,
): string | undefined => Environment?.Variables?.[name];

/** A function's settings, for what is only compared with them; nothing where they cannot be read. */
export const settingsOf = (
  of: Examined,
): Promise<Awaited<ReturnType<Examined['syncContact']>> | undefined> =>
  of.stage.functionNames.syncContact === undefined
    ? Promise.resolve(undefined)
    : of.syncContact().catch(() => undefined);
