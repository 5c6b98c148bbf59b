import type { Command } from 'commander';
import { emptyDrop } from '../../dead-letters/reports.ts';
import { type DropOptions, runDrop } from '../../dead-letters/runs/drop.ts';
import { EXIT } from '../../exit.ts';
import { once, reportsAs, runReporting } from '../../program.ts';
import { helpText } from '../../terminal/text.ts';
import { withSelection } from './selection.ts';

const help = `
Examples:
  $ wme-hubspot-sync dlq drop --stage prod ID1 ID2 \\
      --because "added by hand, INC-123"
  $ wme-hubspot-sync dlq drop --stage prod --reason NotJson --because "a test"

Each letter is in the file before it is deleted; "dlq load" brings it back.
Exit codes: ${EXIT.ok} done; ${EXIT.notDone} not all of it; ${EXIT.badInput} wrong use or settings, nothing was dropped;
${EXIT.interrupted} interrupted.`;

/** Adds `dlq drop`. */
export function addDrop(dlq: Command): void {
  const command = withSelection(
    dlq
      .command('drop')
      .argument('[id...]', 'of the letters, as dlq list --detail tells them')
      .description('close letters that cannot be mended: saved to a file, then deleted'),
  )
    .addOption(once('--because <why>', 'goes into the audit file; no addresses'))
    .addOption(once('--file <path>', 'where to save them (default: a name with the time)'))
    .option('--yes', 'drop without asking')
    .addOption(once('--audit-file <path>', 'where to note what was done'))
    .addHelpText('after', helpText(help));
  reportsAs(command, emptyDrop);
  command.action((id: string[], _options: unknown, self: Command) =>
    runReporting(self, emptyDrop, (options: DropOptions) => runDrop({ ...options, id })),
  );
}
