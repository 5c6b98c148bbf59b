import type { Command } from 'commander';
import { emptyShow } from '../../dead-letters/reports.ts';
import { runShow, type ShowOptions } from '../../dead-letters/runs/show.ts';
import { EXIT } from '../../exit.ts';
import { type GlobalOptions, reportsAs, runReporting } from '../../program.ts';
import { helpText } from '../../terminal/text.ts';

const help = `
Examples:
  $ wme-hubspot-sync dlq show --stage prod 5d1b4f4e-8a6e-4c0c-9c1e-2f1a7b6c9d10
  $ wme-hubspot-sync dlq show --stage prod ID --reveal

Reads only: the letter stays, and nothing is written to HubSpot.
Exit codes: ${EXIT.ok} shown; ${EXIT.notDone} not found, or HubSpot could not be asked; ${EXIT.badInput} wrong use or
settings; ${EXIT.interrupted} interrupted.`;

/** Adds `dlq show`. */
export function addShow(dlq: Command): void {
  const command = dlq
    .command('show')
    .argument('<id>', 'of the letter, as dlq list --detail tells it')
    .description('show a letter, what HubSpot holds, and what a redrive would do')
    .option('--reveal', 'show address and username as they are')
    .addHelpText('after', helpText(help));
  reportsAs(command, emptyShow);
  command.action((id: string, _options: unknown, self: Command) =>
    runReporting(self, emptyShow, (options: GlobalOptions & Omit<ShowOptions, 'id'>) =>
      runShow({ ...options, id }),
    ),
  );
}
