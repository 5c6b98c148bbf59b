import type { Command } from 'commander';
import { emptyRedrive } from '../../dead-letters/reports.ts';
import { type RedriveOptions, runRedrive } from '../../dead-letters/runs/redrive.ts';
import { EXIT } from '../../exit.ts';
import { once, reportsAs, runReporting, several } from '../../program.ts';
import { helpText } from '../../terminal/text.ts';
import { withSelection } from './selection.ts';

const help = `
Examples:
  $ wme-hubspot-sync dlq redrive --stage prod --dry-run
  $ wme-hubspot-sync dlq redrive --stage prod --reason NoAnswer --follow

A letter leaves only after the queue has it. Interrupted, the same command goes on.
Letters that arrive meanwhile stay. Each run adds to ./wme-hubspot-sync-audit.jsonl.
Exit codes: ${EXIT.ok} done; ${EXIT.notDone} not all of it; ${EXIT.badInput} wrong use or settings, nothing was moved;
${EXIT.interrupted} interrupted.`;

/** Adds `dlq redrive`. */
export function addRedrive(dlq: Command): void {
  const command = withSelection(
    dlq
      .command('redrive')
      .description('move dead letters back to the queue: all of them, or those that are meant')
      .addOption(several('--id <id>', 'this letter; may be given again')),
  )
    .option('--dry-run', 'ask HubSpot what would happen, and move nothing')
    .addOption(once('--rate <number>', "how many a second (default: a third of HubSpot's limit)"))
    .addOption(once('--name <name>', 'names the move in the audit file, such as INC-123'))
    .option('--follow', 'watch them to their end, and say what became of each')
    .option('--yes', 'move without asking')
    .addOption(once('--audit-file <path>', 'where to note what was done'))
    .addHelpText('after', helpText(help));
  reportsAs(command, emptyRedrive);
  command.action((_options: unknown, self: Command) =>
    runReporting<RedriveOptions>(self, emptyRedrive, runRedrive),
  );
}
