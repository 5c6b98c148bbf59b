import type { Command } from 'commander';
import { emptySave } from '../../dead-letters/reports.ts';
import { runSave, type SaveOptions } from '../../dead-letters/runs/save.ts';
import { EXIT } from '../../exit.ts';
import { once, reportsAs, runReporting, several } from '../../program.ts';
import { helpText } from '../../terminal/text.ts';
import { withSelection } from './selection.ts';

const help = `
Examples:
  $ wme-hubspot-sync dlq save --stage prod
  $ wme-hubspot-sync dlq save --stage prod --older-than 10d --file old.jsonl

The file holds addresses, and is for your eyes alone (mode 0600). The letters stay in the queue.
Exit codes: ${EXIT.ok} done; ${EXIT.notDone} not all of it; ${EXIT.badInput} wrong use or settings; ${EXIT.interrupted} interrupted.`;

/** Adds `dlq save`. */
export function addSave(dlq: Command): void {
  const command = withSelection(
    dlq
      .command('save')
      .description('save letters to a file, and leave them where they are')
      .addOption(several('--id <id>', 'this letter; may be given again')),
  )
    .addOption(once('--file <path>', 'where to save them (default: a name with the time)'))
    .addHelpText('after', helpText(help));
  reportsAs(command, emptySave);
  command.action((_options: unknown, self: Command) => runReporting<SaveOptions>(self, emptySave, runSave));
}
