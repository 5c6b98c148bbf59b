import { Command, CommanderError, Option } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addSend } from './commands/send.ts';
import { EXIT } from './exit.ts';

const program = new Command('wme-hubspot-sync')
  .description("Operates the sync that takes verified Wikimedia Enterprise sign-ups to HubSpot's CRM.")
  .version(manifest.version)
  .addOption(new Option('--queue-url <url>', 'the queue of verified users (.fifo)').env('QUEUE_URL'))
  .option('--json', 'print one JSON document on standard output; text goes to standard error')
  .addHelpText(
    'after',
    `
AWS access is set up as for the AWS CLI and the AWS SDKs: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_SQS and so on.

More on a command:
  $ wme-hubspot-sync send --help`,
  )
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError('(--help explains)')
  .exitOverride();

addSend(program);

try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed what was wrong, or the help that was asked for.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.badInput;
}
