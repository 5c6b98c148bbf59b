import type { Command } from 'commander';
import { EXIT } from '../exit.ts';
import { type GlobalOptions, once, reportsAs, runCommand } from '../program.ts';
import { printReport } from '../terminal/report.ts';
import { helpText } from '../terminal/text.ts';
import { emptyTriggerReport, type TriggerReport } from '../user-pool/report.ts';
import { attach, detach, restore, status, type TriggerOptions } from '../user-pool/trigger.ts';

const help = `
After the deploy, at a pool that nobody manages as code; and when the publisher fails,
and with it every sign-up:
  $ wme-hubspot-sync trigger attach --stage prod
  $ wme-hubspot-sync trigger detach --stage prod

--function is an ARN, or the name of a function in the pool's account and region. Another
function's trigger is never touched. Before a change the pool's settings are saved in a
file, and "restore" puts them back. A pool that Terraform, CDK or CloudFormation manages is
changed there, or the next deploy undoes it.

Exit codes:
  ${EXIT.ok}    it is as asked
  ${EXIT.notDone}    it is not, or not for certain; the message says what the pool is like
  ${EXIT.badInput}    wrong options or settings: nothing was changed
  ${EXIT.interrupted}  interrupted by Ctrl-C`;

const run = <Options extends GlobalOptions>(
  command: Command,
  action: (options: Options) => Promise<TriggerReport>,
): Promise<void> =>
  runCommand(
    command,
    async (options: Options) => {
      const report = await action(options);
      printReport(report, options.json === true);
      return report.exitCode;
    },
    { empty: emptyTriggerReport, message: 'Interrupted. Nothing was changed.' },
  );

const savePath = () =>
  once('--save <path>', 'where to save the settings of before (default: a name with pool and time)');

const withPool = (command: Command): Command =>
  command
    .addOption(once('--user-pool-id <id>', "the Cognito user pool (default: the stage's)"))
    .addOption(once('--function <arn or name>', "the publisher (default: the stage's)"));

const changing = (command: Command): Command =>
  command.addOption(savePath()).option('--yes', 'change it without asking');

/** Adds `trigger`: whether a user pool calls the publisher. */
export function addTrigger(program: Command): void {
  const trigger = program
    .command('trigger')
    .summary("see, attach or detach the publisher as a user pool's trigger")
    .description(
      'Sees, attaches or detaches the publisher as PostConfirmation trigger of a Cognito user pool.',
    )
    .addHelpText('after', helpText(help));
  reportsAs(trigger, emptyTriggerReport);

  withPool(
    trigger.command('status').description('say which function the pool calls, and change nothing'),
  ).action((_options: unknown, self: Command) => run(self, (options: TriggerOptions) => status(options)));

  changing(withPool(trigger.command('attach').description('make the pool call the publisher'))).action(
    (_options: unknown, self: Command) => run(self, (options: TriggerOptions) => attach(options)),
  );

  changing(withPool(trigger.command('detach').description('make the pool call nothing'))).action(
    (_options: unknown, self: Command) => run(self, (options: TriggerOptions) => detach(options)),
  );

  changing(
    trigger
      .command('restore')
      .description('put a pool back as a saved file has it')
      .addOption(once('--file <path>', 'what an earlier change has saved').makeOptionMandatory()),
  ).action((_options: unknown, self: Command) =>
    run(self, ({ file, ...options }: GlobalOptions & { file: string }) => restore(file, options)),
  );
}
