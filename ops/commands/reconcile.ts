import type { Command } from 'commander';
import { EXIT } from '../exit.ts';
import { once, reportsAs, runReporting } from '../program.ts';
import { emptyReconcile } from '../reconcile/report.ts';
import { type ReconcileCommandOptions, runReconcile } from '../reconcile/run.ts';
import { helpText } from '../terminal/text.ts';

const help = `
Examples:
  $ wme-hubspot-sync reconcile --stage prod --since 2026-11-20
  $ wme-hubspot-sync reconcile --stage prod --since 2026-11-20 --send

It reads the whole pool: Cognito cannot be asked by date. What it has done stands in
reconcile-POOL-TIME.state; interrupted, the same command goes on.

Exit codes: ${EXIT.ok} all are in HubSpot, or on the queue; ${EXIT.notDone} somebody is missing, or not all was
compared; ${EXIT.badInput} wrong use or settings, nothing was done; ${EXIT.interrupted} interrupted.`;

/** Adds `reconcile`: who is in the user pool and not in HubSpot. */
export function addReconcile(program: Command): void {
  const command = program
    .command('reconcile')
    .summary('find who is in the user pool and not in HubSpot, and send them')
    .description(
      'Compares the confirmed users of the user pool with HubSpot: who is missing there, or is\nthere without the username.',
    )
    .addOption(
      once('--since <date>', 'whoever was made or changed since, such as 2026-11-20').makeOptionMandatory(),
    )
    .addOption(once('--user-pool-id <id>', "the Cognito user pool (default: the stage's)"))
    .option('--send', 'put whoever is missing on the queue')
    .addOption(once('--rate <number>', "how many people a second (default: half of HubSpot's limit)"))
    .option('--yes', 'send without asking')
    .option('--again', 'begin anew, whatever an earlier run has done')
    .addOption(once('--state <path>', 'where to note how far it has come'))
    .addHelpText('after', helpText(help));
  reportsAs(command, emptyReconcile);
  command.action((_options: unknown, self: Command) =>
    runReporting<ReconcileCommandOptions>(self, emptyReconcile, runReconcile),
  );
}
