import type { Command } from 'commander';
import { type DoctorOptions, runDoctor } from '../checks/doctor.ts';
import { emptyDoctor } from '../checks/reports.ts';
import { EXIT } from '../exit.ts';
import { once, reportsAs, runReporting } from '../program.ts';
import { helpText } from '../terminal/text.ts';

const help = `
Examples:
  $ wme-hubspot-sync doctor --stage prod
  $ wme-hubspot-sync doctor --stage staging --probe wme-probe@example.org

✓ is so; ✗ is not, and what to do about it; – could not be told, and why. Reads only, but
for --probe.
Exit codes: ${EXIT.ok} nothing wrong was found; ${EXIT.notDone} something is wrong; ${EXIT.badInput} wrong use or settings;
${EXIT.interrupted} interrupted.`;

/** Adds `doctor`: everything that a stage needs, in AWS and in HubSpot. */
export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .summary('check everything that a stage needs, in AWS and in HubSpot')
    .description('Checks everything that a stage needs, in AWS and in HubSpot, and says what to do.')
    .addOption(once('--user-pool-id <id>', "the Cognito user pool, where the stage's settings name none"))
    .addOption(
      once('--probe <address>', 'also make a contact and a note under a test address, and remove them'),
    )
    .option('--yes', 'probe without asking')
    .addHelpText('after', helpText(help));
  reportsAs(command, emptyDoctor);
  command.action((_options: unknown, self: Command) =>
    runReporting<DoctorOptions>(self, emptyDoctor, runDoctor),
  );
}
