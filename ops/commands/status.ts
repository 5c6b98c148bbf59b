import type { Command } from 'commander';
import { EXIT } from '../exit.ts';
import { reportsAs, runReporting } from '../program.ts';
import { emptyStatus } from '../status/reports.ts';
import { runStatus, type StatusOptions } from '../status/run.ts';
import { helpText } from '../terminal/text.ts';

const help = `
Examples:
  $ wme-hubspot-sync status --stage prod
  $ wme-hubspot-sync status --stage prod --watch 10

Takes nothing: dead letters that it reads are visible again at once.
Exit codes: ${EXIT.ok} told; ${EXIT.badInput} wrong use or settings; ${EXIT.interrupted} stopped by Ctrl-C.`;

/** Adds `status`: both queues, the event source, and the last hour. */
export function addStatus(program: Command): void {
  const command = program
    .command('status')
    .summary('see both queues, the event source, and the last hour')
    .description('Shows what is on both queues, why letters are dead, and the last hour.')
    .option('--watch [seconds]', 'again and again, until Ctrl-C (default: every 5 seconds)')
    .addHelpText('after', helpText(help));
  reportsAs(command, emptyStatus);
  command.action((_options: unknown, self: Command) =>
    runReporting<StatusOptions>(self, emptyStatus, runStatus),
  );
}
