import type { Command } from 'commander';
import { emptyLoad } from '../../dead-letters/reports.ts';
import { type LoadOptions, runLoad } from '../../dead-letters/runs/load.ts';
import { EXIT } from '../../exit.ts';
import { once, reportsAs, runReporting } from '../../program.ts';
import { helpText } from '../../terminal/text.ts';

const help = `
Examples:
  $ wme-hubspot-sync dlq load --stage prod letters.jsonl
  $ wme-hubspot-sync dlq load --stage prod letters.jsonl --yes

What went back is noted beside the file, in FILE.loaded. Interrupted, the same command goes on.
Exit codes: ${EXIT.ok} done; ${EXIT.notDone} not all of it; ${EXIT.badInput} wrong use or settings, nothing was loaded;
${EXIT.interrupted} interrupted.`;

/** Adds `dlq load`. */
export function addLoad(dlq: Command): void {
  const command = dlq
    .command('load')
    .argument('<file>', 'that dlq drop or dlq save has written')
    .description('bring saved letters back into the dead-letter queue')
    .option('--again', 'load all of the file, whatever went back before')
    .option('--yes', 'load without asking')
    .addOption(once('--audit-file <path>', 'where to note what was done'))
    .addHelpText('after', helpText(help));
  reportsAs(command, emptyLoad);
  command.action((file: string, _options: unknown, self: Command) =>
    runReporting(self, emptyLoad, (options: Omit<LoadOptions, 'file'>) => runLoad({ ...options, file })),
  );
}
