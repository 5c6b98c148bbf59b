import type { Command } from 'commander';
import { emptyList } from '../../dead-letters/reports.ts';
import { type ListOptions, runList } from '../../dead-letters/runs/list.ts';
import { EXIT } from '../../exit.ts';
import { reportsAs, runReporting } from '../../program.ts';
import { helpText } from '../../terminal/text.ts';

const help = `
Examples:
  $ wme-hubspot-sync dlq list --stage prod
  $ wme-hubspot-sync dlq list --stage prod --detail --json

Takes nothing: what it has read is visible again when it ends.
Exit codes: ${EXIT.ok} listed; ${EXIT.badInput} wrong use or settings; ${EXIT.interrupted} interrupted.`;

/** Adds `dlq list`. */
export function addList(dlq: Command): void {
  const command = dlq
    .command('list')
    .description('group dead letters by reason, and say what to do about each')
    .option('--detail', 'a line for each letter, too')
    .addHelpText('after', helpText(help));
  reportsAs(command, emptyList);
  command.action((_options: unknown, self: Command) => runReporting<ListOptions>(self, emptyList, runList));
}
